insert into raw.landed_rows (
    source_table, landed_no, source_file, source_line, source_id, is_left_out
)
select
    $table,
    landed_no,
    $file,
    line,
    source_id,
    0
from batch
