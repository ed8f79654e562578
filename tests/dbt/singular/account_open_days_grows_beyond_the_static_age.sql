-- On the first day of the data the dynamic age equals the static one. Later it must be greater. The
-- test looks for the oldest account among those with a transaction after that day.
with oldest as (
    select max(accounts.account_open_days) as static_age
    from {{ ref('accounts') }} as accounts
    where
        accounts.account_id in (
            select moved.sender_account_id
            from {{ ref('transactions') }} as moved
            cross join {{ ref('stg_generation_run') }} as generation_run
            where moved.date > generation_run.window_start
        )
)

select
    max(transactions.account_open_days) as dynamic_age,
    max(oldest.static_age) as static_age
from {{ ref('transactions') }} as transactions
cross join oldest
having max(transactions.account_open_days) <= max(oldest.static_age)
