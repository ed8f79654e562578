-- For each month, the score above which a transaction belongs to a case.

with priorities as (
    select * from {{ ref('transaction_priority') }}
),

scored_months as (
    select distinct month as score_month from {{ ref('scorecard') }}
),

months as (
    select distinct score_month from priorities
),

-- The rows of a month by what the next month's scorecard says of them.
by_score as (
    select
        next_month as score_month,
        next_score,
        count(*) as rows_of_score
    from priorities
    where next_month is not null
    group by next_month, next_score
),

counted as (
    select
        score_month,
        next_score,
        sum(rows_of_score) over (partition by score_month) as rows_before,
        sum(rows_of_score) over (
            partition by score_month
            order by next_score desc
            range between unbounded preceding and current row
        ) - rows_of_score as rows_above
    from by_score
),

lines as (
    select
        score_month,
        rows_before,
        min(next_score) as case_line
    from counted
    where rows_above <= {{ worklist_bound("case_share") }} * rows_before
    group by
        score_month,
        rows_before
)

select
    months.score_month as month,
    cast(
        coalesce(lines.case_line, {{ worklist_bound("first_case_line") }}) as integer
    ) as case_line,
    cast(coalesce(lines.rows_before, 0) as bigint) as rows_before,
    cast(scored_months.score_month is null as tinyint) as is_fallback
from months
left join lines
    on months.score_month = lines.score_month
left join scored_months
    on months.score_month = scored_months.score_month
