-- The accepted rows whose key stands in an earlier accepted row, and whether both say the same.
create or replace temp table repeated as
with keyed as (
    select
        landed.landed_no,
        landed.source_file,
        landed.source_line,
        landed.source_id
    from raw.landed_rows as landed
    anti join raw.rejected_rows as rejected
        on landed.source_table = rejected.source_table and landed.landed_no = rejected.landed_no
    where landed.source_table = '{table}' and landed.source_id is not null
),

doubled as (
    select
        source_id,
        min(landed_no) as first_no
    from keyed
    group by source_id
    having count(*) > 1
),

later as (
    select
        keyed.*,
        doubled.first_no
    from keyed
    inner join doubled
        on keyed.source_id = doubled.source_id
    where keyed.landed_no > doubled.first_no
),

contents as (
    select
        {number} as landed_no,
        row({content}) as content
    from {target}
    where {number} in (select landed_no from later union all select first_no from later)
)

select
    later.landed_no,
    later.source_file,
    later.source_line,
    earlier_one.content is not distinct from later_one.content as is_same,
    '{key} stands in an earlier row' || if(is_same, '', ' with other content') as reason
from later
inner join contents as later_one
    on later.landed_no = later_one.landed_no
inner join contents as earlier_one
    on later.first_no = earlier_one.landed_no
