-- What each added row of a table with a key of the source is. An attribute that it does not say stays
-- as it was; so does a row that no file gave, which the loader made of an id in a transaction.
create or replace temp table judged_{table} as
with given as (
    select
        *,
        {row_key} as row_key
    from {given}
),

merged as (
    select
        {merged},
        given.row_key,
        published.{key} is not null as is_known,
        {is_same} as is_same
    from given
    left join raw.{table} as published using ({keys})
)

select
    merged.* exclude (is_known, is_same),
    case
        when not is_known then 'new'
        when is_same then 'known'
        else 'corrected'
    end as outcome,
    coalesce(landed.source_file, getvariable('file')) as source_file,
    landed.source_line,
    landed.landed_no
from merged
left join (
    select * from added.raw.landed_rows
    anti join added.raw.rejected_rows using (source_table, landed_no)
    where source_table = '{table}' and is_left_out = 0
) as landed
    on merged.row_key = landed.source_id
