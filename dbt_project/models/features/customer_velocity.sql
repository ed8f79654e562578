{{ config(
    materialized=by_day(),
    incremental_strategy="by_day",
    pre_hook="{{ forget_touched(ref('stg_transactions')) }}",
) }}

-- What a customer did on all their accounts up to each of their transactions.
--
-- A sweep counts the distinct accounts. An account enters the 30-day window with a row that has no
-- earlier row in it, and leaves one second after its last row there is 30 days old. The running sum
-- of entries and exits up to t is the number of accounts in [t - 30d, t]. An exit is an extra row
-- without a number or an amount, so one sort serves every column.

with transactions as (
    select
        transaction_no,
        customer_id,
        sender_account_id,
        amount,
        {{ elapsed_seconds("timestamp '1970-01-01'", 'timestamp') }} as unix_time
    from {{ ref('stg_transactions') }}
    where {{ is_in_reach(2592000, "customer_id", ref('stg_transactions')) }}
),

generation_run as (
    select * from {{ ref('stg_generation_run') }}
),

account_gaps as (
    select
        transaction_no,
        customer_id,
        unix_time,
        amount,
        unix_time - lag(unix_time) over account_rows as since_previous,
        -- Spark would read account_rows-unix_time as one name without the brackets
        (lead(unix_time) over account_rows) - unix_time as until_next
    from transactions
    window
        account_rows as (
            partition by customer_id, sender_account_id order by unix_time, transaction_no
        )
),

events as (
    select
        transaction_no,
        customer_id,
        unix_time,
        amount,
        case when since_previous <= 2592000 then 0 else 1 end as accounts_entered
    from account_gaps

    union all

    select
        null as transaction_no,
        customer_id,
        unix_time + 2592001 as unix_time,
        null as amount,
        -1 as accounts_entered
    from account_gaps
    where until_next > 2592000 or until_next is null
),

windowed as (
    select
        transaction_no,
        unix_time,

        count(transaction_no) over last_1hr as cust_txn_count_last_1hr,
        count(transaction_no) over last_24hr as cust_txn_count_last_24hr,
        count(transaction_no) over last_7d as cust_txn_count_last_7d,
        count(transaction_no) over last_30d as cust_txn_count_last_30d,

        sum(amount) over last_24hr as cust_total_amount_last_24hr,
        sum(amount) over last_7d as cust_total_amount_last_7d,
        sum(amount) over last_30d as cust_total_amount_last_30d,

        sum(accounts_entered) over until_now as cust_unique_accounts_30d
    from events
    window
        last_1hr as (
            partition by customer_id order by unix_time
            range between 3600 preceding and current row
        ),
        last_24hr as (
            partition by customer_id order by unix_time
            range between 86400 preceding and current row
        ),
        last_7d as (
            partition by customer_id order by unix_time
            range between 604800 preceding and current row
        ),
        last_30d as (
            partition by customer_id order by unix_time
            range between 2592000 preceding and current row
        ),
        until_now as (
            partition by customer_id order by unix_time
            range between unbounded preceding and current row
        )
)

select
    windowed.transaction_no,
    -- Where only the day is known, no one knows what an hour held.
    case
        when generation_run.time_precision != 'day'
            then cast(windowed.cust_txn_count_last_1hr as integer)
    end as cust_txn_count_last_1hr,
    cast(windowed.cust_txn_count_last_24hr as integer) as cust_txn_count_last_24hr,
    cast(windowed.cust_txn_count_last_7d as integer) as cust_txn_count_last_7d,
    cast(windowed.cust_txn_count_last_30d as integer) as cust_txn_count_last_30d,
    cast(windowed.cust_total_amount_last_24hr as decimal(18, 2)) as cust_total_amount_last_24hr,
    cast(windowed.cust_total_amount_last_7d as decimal(18, 2)) as cust_total_amount_last_7d,
    cast(windowed.cust_total_amount_last_30d as decimal(18, 2)) as cust_total_amount_last_30d,
    cast(windowed.cust_unique_accounts_30d as integer) as cust_unique_accounts_30d
from windowed
cross join generation_run
where
    windowed.transaction_no is not null
    and {{ is_touched_second("windowed.unix_time") }}
