-- Who commits the crimes
-- Launderers are few and work in many schemes. Victims are many, and each is hit once. Whoever
-- is paid by an account of a scheme has a part in it.
with parties as (
    select
        customer_id,
        role as part,
        scheme_id
    from transactions
    where label = 1

    union all

    select
        accounts.customer_id,
        'payee' as part,
        transactions.scheme_id
    from transactions
    inner join accounts on transactions.receiver_account_id = accounts.account_id
    where
        transactions.label = 1
        and transactions.receiver_account_id <> transactions.sender_account_id
)

select
    part,
    count(distinct customer_id) as people,
    count(distinct customer_id)
    / (select count(distinct customer_id) from transactions) as proportion,
    count(distinct concat(customer_id, scheme_id)) / count(distinct customer_id) as schemes
from parties
group by part
order by people desc
