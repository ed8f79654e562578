{{ config(
    materialized=by_day(),
    incremental_strategy="by_day",
    pre_hook="{{ forget_touched(ref('stg_transactions')) }}",
) }}

-- The balance of each account after each of its transactions, never below zero.
--
-- A running sum that is cut off at zero has a closed form. Let S be the opening balance plus the
-- signed amounts so far. The balance is then S - min(0, lowest S so far): S plus the furthest that
-- S has been below zero. So two running windows replace the recursion. The balance before a row is
-- the balance after the previous row: the same formula without this row's amount.

with transactions as (
    select * from {{ ref('stg_transactions') }}
),

{% if is_day() -%}
    -- A day goes on from the balance after the account's last row before it: from there the formula
    -- above gives the same as from the beginning.
    last_rows as (
        select
            transactions.sender_account_id as account_id,
            arg_max(
                transactions.transaction_no, (transactions.timestamp, transactions.transaction_no)
            ) as transaction_no
        from transactions
        where
            transactions.timestamp < {{ seam() }}
            and {{ is_of_touched("transactions.sender_account_id", "transactions") }}
        group by transactions.sender_account_id
    ),

    accounts as (
        select
            stg_accounts.account_id,
            case
                when last_rows.account_id is null then stg_accounts.avg_balance
                else published.balance_after_txn
            end as avg_balance
        from {{ ref('stg_accounts') }} as stg_accounts
        left join last_rows
            on stg_accounts.account_id = last_rows.account_id
        left join {{ this }} as published
            on last_rows.transaction_no = published.transaction_no
    ),
{%- else -%}
    accounts as (
        select * from {{ ref('stg_accounts') }}
    ),
{%- endif %}

signed as (
    select
        transactions.transaction_no,
        transactions.sender_account_id,
        transactions.timestamp,
        cast(transactions.timestamp as date) as booked_on,
        accounts.avg_balance,
        case transactions.debit_credit
            when 'debit' then -transactions.amount
            when 'credit' then transactions.amount
        end as signed_amount
    from transactions
    inner join accounts
        on transactions.sender_account_id = accounts.account_id
    where {{ is_touched("transactions.timestamp") }}
),

summed as (
    select
        transaction_no,
        sender_account_id,
        timestamp,
        signed_amount,
        avg_balance + sum(signed_amount) over up_to_now as unclamped,
        -- known even where the opening balance is not
        sum(signed_amount) over up_to_now as change_so_far,
        booked_on,
        lag(booked_on) over in_order as booked_before
    from signed
    window
        in_order as (partition by sender_account_id order by timestamp, transaction_no),
        up_to_now as (
            partition by sender_account_id order by timestamp, transaction_no
            rows between unbounded preceding and current row
        )
),

-- The value at the start of the day, instead of a sum by day: both windows then share one sort.
with_lowest as (
    select
        transaction_no,
        signed_amount,
        unclamped,
        change_so_far - {{ last_not_null(
            "case when booked_on = booked_before then null else change_so_far - signed_amount end"
        ) }} over up_to_now as daily_change,
        -- null in an account's first row, which least() ignores
        min(unclamped) over before_now as lowest_before
    from summed
    window
        up_to_now as (
            partition by sender_account_id order by timestamp, transaction_no
            rows between unbounded preceding and current row
        ),
        before_now as (
            partition by sender_account_id order by timestamp, transaction_no
            rows between unbounded preceding and 1 preceding
        )
)

select
    transaction_no,
    cast(signed_amount as decimal(18, 2)) as running_balance_txn_amount,
    cast(
        unclamped - signed_amount - least(0, lowest_before) as decimal(18, 2)
    ) as balance_before_txn,
    cast(unclamped - least(0, lowest_before, unclamped) as decimal(18, 2)) as balance_after_txn,
    cast(daily_change as decimal(18, 2)) as cumulative_daily_balance_change
from with_lowest
