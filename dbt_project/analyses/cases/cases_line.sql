-- The lines that the case is above
-- For each month in which a transaction of the case qualifies: the score above which it does, and
-- the earlier transactions with a known outcome. Every pattern of a group together has all of them.
with months as (
    select distinct cast(date_trunc('month', timestamp) as date) as month
    from case_transactions
    where
        case_id = 'K1'
        and membership = 'qualifying'
),

known as (
    select
        month,
        sum(known_rows) as known_rows,
        sum(known_frauds) as known_frauds
    from scorecard
    where score_group = (select min(all_groups.score_group) from scorecard as all_groups)
    group by month
)

select
    months.month,
    case_lines.case_line,
    case_lines.is_fallback,
    known.known_rows,
    known.known_frauds
from months
inner join case_lines on months.month = case_lines.month
left join known on months.month = known.month
order by months.month
