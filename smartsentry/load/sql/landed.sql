-- Every row that was read: accepted or rejected, or left out by the mapping.
insert into raw.landed_rows (
    source_table, landed_no, source_file, source_line, source_id, is_left_out
)
select
    $table,
    numbered.landed_no,
    $file,
    numbered.line,
    batch.source_id,
    cast(batch.line is null and rejected.line is null as tinyint)
from numbered
left join batch
    on numbered.line = batch.line
left join rejected
    on numbered.line = rejected.line
