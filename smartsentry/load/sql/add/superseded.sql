-- Keep the rows of a table that a correction replaces, and where they were read. From now on the new
-- rows stand where they were read.
create or replace temp table replaced as
select
    judged.row_key,
    judged.source_file,
    judged.source_line,
    -- Values as text, because JSON's numbers are no decimals.
    {old_row} as old_row,
    {old_answers} as old_answers,
    landed.landed_no,
    landed.source_file as old_file,
    landed.source_line as old_line
from {judged} as judged
inner join raw.{table} as published using ({keys})
left join (
    select * from raw.landed_rows
    anti join raw.rejected_rows using (source_table, landed_no)
    where source_table = '{table}' and is_left_out = 0
) as landed
    on {is_landed}
where judged.outcome = 'corrected';

insert into raw.superseded_rows
select
    coalesce((select max(superseded_no) from raw.superseded_rows), 0)
    + row_number() over (order by source_file, source_line, row_key),
    '{table}',
    row_key,
    old_row,
    old_answers,
    old_file,
    old_line,
    source_file,
    source_line,
    getvariable('added_at')
from replaced;

update raw.landed_rows
set source_file = replaced.source_file, source_line = replaced.source_line
from replaced
where landed_rows.source_table = '{table}'
    and landed_rows.landed_no = replaced.landed_no
    and replaced.source_line is not null;
