-- On the first day of the window the dynamic age is the static one; it must have grown since.
with oldest as (
    select max(account_open_days) as static_age
    from {{ ref('accounts') }}
)

select
    max(transactions.account_open_days) as dynamic_age,
    max(oldest.static_age) as static_age
from {{ ref('transactions') }} as transactions
cross join oldest
having max(transactions.account_open_days) <= max(oldest.static_age)
