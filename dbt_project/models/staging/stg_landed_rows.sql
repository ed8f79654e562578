select
    source_table,
    landed_no,
    source_file,
    source_line,
    source_id
from {{ source('raw', 'landed_rows') }}
