-- The shares of the active customers who commit crimes, and who are their victims.
with parties as (
    select
        customer_id,
        role as part
    from transactions
    where label = 1

    union all

    select
        accounts.customer_id,
        'payee' as part
    from transactions
    inner join accounts on transactions.receiver_account_id = accounts.account_id
    where
        transactions.label = 1
        and transactions.receiver_account_id <> transactions.sender_account_id
),

active as (
    select count(distinct customer_id) as people
    from transactions
)

select
    count(distinct customer_id) filter (where part <> 'victim')
    / any_value(active.people) as criminals,
    count(distinct customer_id) filter (where part = 'victim') / any_value(active.people) as victims
from parties
cross join active
