{{ config(
    materialized='table_function',
    parameters=['asked'],
    persist_docs={'relation': target.type == 'spark', 'columns': false},
    post_hook="{{ comment_on_table_macro() }}",
) }}

-- The transactions behind an alert: the alerted row and the other rows that its rule looks at. The
-- parameter `asked` is an alert.

with rule_hits as (
    select * from {{ same_file(ref('rule_hits')) }}
),

transactions as (
    select * from {{ same_file(ref('transactions')) }}
),

rule_catalogue as (
    select * from {{ same_file(ref('rule_catalogue')) }}
),

alerted as (
    select
        rule_hits.rule_name,
        transactions.transaction_no,
        transactions.timestamp,
        transactions.customer_id,
        transactions.sender_account_id,
        transactions.txn_velocity_cumulative,
        rule_catalogue.scope,
        rule_catalogue.window_seconds,
        rule_catalogue.window_kind
    from rule_hits
    inner join transactions
        on rule_hits.transaction_no = transactions.transaction_no
    inner join rule_catalogue
        on rule_hits.rule_name = rule_catalogue.rule_name
    where
        transactions.transaction_id = upper(split_part(asked, '-', 1)) -- noqa: RF02
        and rule_hits.rule_name = lower(split_part(asked, '-', 2)) -- noqa: RF02
),

with_distance as (
    select
        transactions.*,
        alerted.transaction_no as alerted_transaction_no,
        alerted.window_seconds,
        alerted.window_kind,
        alerted.txn_velocity_cumulative as alerted_position,
        {{ elapsed_seconds('transactions.timestamp', 'alerted.timestamp') }} as seconds_before
    from transactions
    inner join alerted
        on
            transactions.customer_id = alerted.customer_id
            and (
                alerted.scope = 'customer'
                or transactions.sender_account_id = alerted.sender_account_id
            )
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
    or (window_kind = 'until_now' and seconds_before between 0 and window_seconds)
    or (window_kind = 'before_now' and seconds_before between 1 and window_seconds)
    or (window_kind = 'previous_row' and txn_velocity_cumulative = alerted_position - 1)
order by timestamp, transaction_no
