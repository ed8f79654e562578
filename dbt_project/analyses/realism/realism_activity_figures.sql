-- Honest rows of an account: the mean over all accounts, and how those with rows lie about it.
with counted as (
    select
        sender_account_id,
        count(*) as transactions
    from transactions
    where coalesce(label, 0) = 0
    group by sender_account_id
),

average as (
    select sum(transactions) / (select count(*) from accounts) as mean
    from counted
)

select
    any_value(average.mean) as mean,
    avg(cast(counted.transactions < average.mean as integer)) as below_the_mean,
    median(counted.transactions) as median
from counted
cross join average
