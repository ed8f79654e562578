-- The balance of each account after each of its transactions, never below zero.
--
-- A walk that is cut off at zero has a closed form: with the running sum S of the signed amounts
-- on top of the opening balance, the balance is S lifted by however far S has ever been below
-- zero, S - min(0, lowest S so far). So two running windows replace the recursion.

with transactions as (
    select * from {{ ref('stg_transactions') }}
),

accounts as (
    select * from {{ ref('stg_accounts') }}
),

signed as (
    select
        transactions.transaction_no,
        transactions.sender_account_id,
        transactions.timestamp,
        accounts.avg_balance,
        case transactions.debit_credit
            when 'debit' then -transactions.amount
            when 'credit' then transactions.amount
        end as signed_amount
    from transactions
    inner join accounts
        on transactions.sender_account_id = accounts.account_id
),

summed as (
    select
        transaction_no,
        sender_account_id,
        timestamp,
        avg_balance,
        signed_amount,
        avg_balance + sum(signed_amount) over in_order as unclamped,
        sum(signed_amount) over in_day as daily_change
    from signed
    window
        in_order as (
            partition by sender_account_id order by timestamp, transaction_no
            rows between unbounded preceding and current row
        ),
        in_day as (
            partition by sender_account_id, cast(timestamp as date)
            order by timestamp, transaction_no
            rows between unbounded preceding and current row
        )
),

clamped as (
    select
        transaction_no,
        sender_account_id,
        timestamp,
        avg_balance,
        signed_amount,
        daily_change,
        unclamped - least(0, min(unclamped) over in_order) as balance_after
    from summed
    window
        in_order as (
            partition by sender_account_id order by timestamp, transaction_no
            rows between unbounded preceding and current row
        )
)

select
    transaction_no,
    cast(signed_amount as decimal(18, 2)) as running_balance_txn_amount,
    cast(
        coalesce(
            lag(balance_after) over (
                partition by sender_account_id order by timestamp, transaction_no
            ),
            avg_balance
        ) as decimal(18, 2)
    ) as balance_before_txn,
    cast(balance_after as decimal(18, 2)) as balance_after_txn,
    cast(daily_change as decimal(18, 2)) as cumulative_daily_balance_change
from clamped
