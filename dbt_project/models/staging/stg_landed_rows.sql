select
    source_table,
    landed_no,
    source_file,
    source_line,
    source_id,
    is_left_out
from {{ source('raw', 'landed_rows') }}
