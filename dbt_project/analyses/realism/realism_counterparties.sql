-- Counterparties per account
-- Everyone pays a favourite few, and now and then a stranger.
with counted as (
    select
        sender_account_id,
        case when label = 1 then 'criminal' else 'honest' end as who,
        count(distinct coalesce(receiver_account_id, beneficiary_id)) as counterparties
    from transactions
    where coalesce(receiver_account_id, beneficiary_id) <> sender_account_id
    group by all
)

select
    who,
    counterparties,
    sum(count(*)) over (partition by who order by counterparties desc)
    / sum(count(*)) over (partition by who) as proportion
from counted
group by who, counterparties
order by who, counterparties
