-- The accounts of the customer, and the money of the case
with customer_accounts as (
    select * from accounts
    where
        customer_id = (
            select cases.customer_id from cases
            where cases.case_id = 'K1'
        )
),

moved as (
    select
        account_id,
        count(*) as payments,
        count(*) filter (where membership = 'qualifying') as qualifying_transactions,
        sum(amount) filter (where direction = 'in') as amount_in,
        sum(amount) filter (where direction = 'out') as amount_out
    from case_money('K1')
    group by account_id
)

select
    customer_accounts.account_id,
    customer_accounts.account_type,
    data_begin.window_start - customer_accounts.account_open_days as open_since,
    customer_accounts.avg_balance,
    customer_accounts.is_dormant,
    customer_accounts.is_inactive,
    coalesce(moved.payments, 0) as payments,
    coalesce(moved.qualifying_transactions, 0) as qualifying_transactions,
    coalesce(moved.amount_in, 0) as amount_in,
    coalesce(moved.amount_out, 0) as amount_out
from customer_accounts
cross join raw.generation_run as data_begin
left join moved using (account_id)
order by qualifying_transactions desc, payments desc, customer_accounts.account_id asc
