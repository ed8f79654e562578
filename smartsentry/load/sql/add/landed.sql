-- The added rows that have no landed row yet: new, rejected and left out, and in made-up data
-- corrections. Numbers go on from those of the published rows. In made-up data the id is the number; a
-- row without one gets a number that no id will ever have.
create or replace temp table landed as
with outcomes as (
    {outcomes}
),

numbers as (
    select
        source_table,
        max(landed_no) as last_no
    from raw.landed_rows
    group by source_table
),

added_rows as (
    select
        given.*,
        given.source_table = 'transactions'
        and getvariable('published_by') != 'a loader'
        and outcomes.outcome is not null as has_number
    from added.raw.landed_rows as given
    left join outcomes using (source_table, landed_no)
    left join raw.landed_rows as published
        on
            outcomes.outcome = 'corrected'
            and given.source_table = published.source_table
            and given.source_id = published.source_id
            and published.is_left_out = 0
    where
        coalesce(outcomes.outcome, 'new') = 'new'
        or (outcomes.outcome = 'corrected' and published.landed_no is null)
)

select
    added_rows.landed_no as given_no,
    added_rows.source_table,
    case
        when has_number then substr(added_rows.source_id, 2)::bigint
        else greatest(
            coalesce(numbers.last_no, -1),
            if(
                added_rows.source_table = 'transactions'
                and getvariable('published_by') != 'a loader',
                1000000000000000,
                -1
            )
        ) + row_number() over (
            partition by added_rows.source_table, has_number order by added_rows.landed_no
        )
    end as landed_no,
    added_rows.source_file,
    added_rows.source_line,
    added_rows.source_id,
    added_rows.is_left_out
from added_rows
left join numbers using (source_table);

insert into raw.landed_rows
select * exclude (given_no) from landed
order by source_table, landed_no;

insert into raw.rejected_rows
select given.* replace (landed.landed_no as landed_no)
from added.raw.rejected_rows as given
inner join landed
    on given.source_table = landed.source_table and given.landed_no = landed.given_no
order by landed.source_table, landed.landed_no;
