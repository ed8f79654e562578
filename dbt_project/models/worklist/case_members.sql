-- The transactions that qualify for a case, and which case. A customer's case goes on while each
-- qualifying transaction is at most `case_gap_days` after the one before.

with transactions as (
    select * from {{ ref('transactions') }}
),

case_lines as (
    select * from {{ ref('case_lines') }}
),

qualifying as (
    select
        transactions.transaction_no,
        transactions.customer_id,
        transactions.timestamp
    from transactions
    inner join case_lines
        on cast(date_trunc('month', transactions.timestamp) as date) = case_lines.month
    where transactions.priority_score > case_lines.case_line
),

spaced as (
    select
        transaction_no,
        customer_id,
        timestamp,
        {{ elapsed_seconds('lag(timestamp) over customer_rows', 'timestamp') }} as seconds_since
    from qualifying
    window
        customer_rows as (partition by customer_id order by timestamp, transaction_no)
)

select
    transaction_no,
    customer_id,
    timestamp,
    {{ last_not_null(
        "case when seconds_since <= 86400 * " ~ worklist_bound("case_gap_days")
        ~ " then null else transaction_no end"
    ) }} over (
        partition by customer_id
        order by timestamp, transaction_no
        rows between unbounded preceding and current row
    ) as opening_no
from spaced
