-- Do the points hold what they promise?
-- 100 points more multiply the odds of fraud by 2.7 if each group of rules says something of its
-- own. Groups overlap, so at both ends a score promises more than the rows hold. The first band
-- also holds all lower scores, the last one all higher scores.
with base_rates as (
    select
        month,
        sum(known_frauds) / sum(known_rows) as base_rate
    from scorecard
    group by month
),

by_score as (
    select
        base_rates.base_rate,
        transactions.priority_score,
        count(*) as transactions,
        sum(transactions.label) as fraudulent
    from transactions
    inner join base_rates
        on date_trunc('month', transactions.timestamp) = base_rates.month
    where transactions.label is not null
    group by base_rates.base_rate, transactions.priority_score
),

promised as (
    select
        greatest(least(100 * floor(priority_score / 100), 1000), -600) as lowest_score,
        transactions,
        fraudulent,
        1 / (1 + (1 - base_rate) / base_rate * exp(-priority_score / 100)) as promised
    from by_score
)

select
    cast(lowest_score as integer) as lowest_score,
    cast(sum(transactions) as bigint) as transactions,
    cast(sum(fraudulent) as bigint) as fraudulent,
    sum(fraudulent) / sum(transactions) as found,
    round(sum(transactions * promised order by promised) / sum(transactions), 6) as promised
from promised
group by lowest_score
order by lowest_score
