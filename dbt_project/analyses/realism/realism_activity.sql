-- Activity per account
-- The share of accounts with at least that many rows. On these axes a straight line downwards is a
-- heavy tail. The last step is the few large businesses.
with counted as (
    select
        sender_account_id,
        case when label = 1 then 'criminal' else 'honest' end as who,
        count(*) as transactions
    from transactions
    group by all
)

select
    who,
    transactions,
    sum(count(*)) over (partition by who order by transactions desc)
    / sum(count(*)) over (partition by who) as proportion
from counted
group by who, transactions
order by who, transactions
