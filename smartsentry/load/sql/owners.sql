-- The accounts that no file gives, from the transactions. Of an account of another bank the
-- customer is not named.
insert into raw.accounts (account_id, customer_id)
with named as (
    select
        sender_account_id as account_id,
        any_value(customer_id) as customer_id
    from raw.transactions
    group by sender_account_id
    union all
    select distinct
        receiver_account_id,
        null
    from raw.transactions
    where receiver_account_id is not null
)

select
    account_id,
    coalesce(max(customer_id), {stranger}) as customer_id
from named
group by account_id
order by account_id
