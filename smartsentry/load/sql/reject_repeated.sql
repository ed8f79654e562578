insert into raw.rejected_rows
select
    '{table}',
    repeated.landed_no,
    repeated.source_file,
    repeated.source_line,
    texts.row_text,
    [repeated.reason]
from repeated
inner join texts using (source_file, source_line);

delete from {target}
where {number} in (select landed_no from repeated);
