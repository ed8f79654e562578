select
    source_table,
    landed_no,
    source_file,
    source_line,
    row_text,
    reasons
from {{ source('raw', 'rejected_rows') }}
