-- A file without any debit has wrong signs. Only loaded data, which have no seed, may have nothing
-- but credits.
with signed as (
    select
        min(running_balance_txn_amount) as lowest_signed_amount,
        count(case when debit_credit = 'debit' then 1 end) as debits
    from {{ ref('transactions') }}
),

seeded as (
    select max(seed) as seed
    from {{ ref('stg_generation_run') }}
)

select signed.lowest_signed_amount
from signed
cross join seeded
where
    signed.lowest_signed_amount >= 0
    and (signed.debits > 0 or seeded.seed is not null)
