select
    superseded_no,
    source_table,
    row_key,
    old_row,
    old_answers,
    old_file,
    old_line,
    new_file,
    new_line,
    superseded_at
from {{ source('raw', 'superseded_rows') }}
