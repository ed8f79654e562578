{{ config(materialized='table_function', parameters=['asked']) }}

-- The transactions that made an alert: all rows of the window that its rule looks at, for other
-- rules the alerted row alone. `asked`, an alert, is the parameter.

with rule_hits as (
    select * from {{ same_file(ref('rule_hits')) }}
),

transactions as (
    select * from {{ same_file(ref('transactions')) }}
),

-- Of the rules that look at other rows too: whose rows, and how far back.
windows (rule_name, scope, window_seconds) as (
    values
    ('high_acct_velocity_1hr', 'account', 3600),
    ('high_acct_velocity_24hr', 'account', 86400),
    ('high_acct_velocity_7d', 'account', 604800),
    ('high_acct_volume_24hr', 'account', 86400),
    ('high_acct_volume_7d', 'account', 604800),
    ('amount_spike_30d', 'account', 2592000),
    ('rapid_burst', 'account', 3600),
    ('high_cust_velocity_1hr', 'customer', 3600),
    ('high_cust_velocity_24hr', 'customer', 86400),
    ('high_cust_volume_24hr', 'customer', 86400),
    ('high_cust_volume_30d', 'customer', 2592000),
    ('multiple_small_cash', 'account', 604800),
    ('new_acct_high_cust_velocity', 'customer', 86400)
),

alerted as (
    select
        rule_hits.rule_name,
        transactions.transaction_no,
        transactions.timestamp,
        transactions.customer_id,
        transactions.sender_account_id,
        transactions.txn_velocity_cumulative,
        windows.scope,
        windows.window_seconds
    from rule_hits
    inner join transactions
        on rule_hits.transaction_no = transactions.transaction_no
    left join windows
        on rule_hits.rule_name = windows.rule_name
    where
        transactions.transaction_id = split_part(asked, '-', 1) -- noqa: RF02
        and rule_hits.rule_name = split_part(asked, '-', 2) -- noqa: RF02
),

with_distance as (
    select
        transactions.*,
        alerted.transaction_no as alerted_transaction_no,
        alerted.rule_name,
        alerted.scope,
        alerted.window_seconds,
        alerted.txn_velocity_cumulative as alerted_position,
        transactions.sender_account_id = alerted.sender_account_id as is_same_account,
        {{ elapsed_seconds('transactions.timestamp', 'alerted.timestamp') }} as seconds_before
    from transactions
    inner join alerted
        on transactions.customer_id = alerted.customer_id
)

select
    transaction_id,
    timestamp,
    seconds_before,
    sender_account_id,
    debit_credit,
    transaction_type,
    amount,
    receiver_account_id,
    beneficiary_id,
    device_id,
    cast(transaction_no = alerted_transaction_no as tinyint) as is_alerted
from with_distance
where
    transaction_no = alerted_transaction_no
    or (
        (scope = 'customer' or (scope = 'account' and is_same_account))
        and seconds_before between 0 and window_seconds
        -- A spike is measured against the rows before its own second.
        and (rule_name != 'amount_spike_30d' or seconds_before > 0)
    )
    -- The silence of a dormant account lies between the row before and the alerted one.
    or (
        rule_name = 'dormant_account_activation'
        and is_same_account
        and txn_velocity_cumulative = alerted_position - 1
    )
order by timestamp, transaction_no
