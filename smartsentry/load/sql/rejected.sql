insert into raw.rejected_rows
select
    $table,
    numbered.landed_no,
    $file,
    rejected.line,
    rejected.row_text,
    rejected.reasons
from rejected
inner join numbered
    on rejected.line = numbered.line
order by numbered.landed_no
