-- What needs the time of day is null on every row of data that say the day alone, and on no row of
-- other data. So the columns are as good as not null in seeded data.
with generation_run as (
    select * from {{ ref('stg_generation_run') }}
)

select
    transactions.transaction_id,
    transactions.hour,
    transactions.is_night,
    transactions.is_business_hours,
    transactions.txn_count_last_1hr,
    transactions.cust_txn_count_last_1hr
from {{ touched_only(ref('transactions')) }} as transactions
cross join generation_run
where
    (transactions.hour is null) != (generation_run.time_precision = 'day')
    or (transactions.is_night is null) != (generation_run.time_precision = 'day')
    or (transactions.is_business_hours is null) != (generation_run.time_precision = 'day')
    or (transactions.txn_count_last_1hr is null) != (generation_run.time_precision = 'day')
    or (transactions.cust_txn_count_last_1hr is null) != (generation_run.time_precision = 'day')
