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

found as (
    select count(*) as matches from alerted
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
),

behind as (
    select * from with_distance
    where
        transaction_no = alerted_transaction_no
        or (window_kind = 'until_now' and seconds_before between 0 and window_seconds)
        or (window_kind = 'before_now' and seconds_before between 1 and window_seconds)
        or (window_kind = 'previous_row' and txn_velocity_cumulative = alerted_position - 1)
)

select
    behind.transaction_id,
    behind.timestamp,
    behind.seconds_before,
    behind.sender_account_id,
    behind.debit_credit,
    behind.transaction_type,
    behind.amount,
    behind.receiver_account_id,
    behind.beneficiary_id,
    behind.device_id,
    cast(behind.transaction_no = behind.alerted_transaction_no as tinyint) as is_alerted
from found
left join behind on true
where {{ refuse_none('found.matches', 'alert', 'an alert_id of the view alerts') }}
order by behind.timestamp, behind.transaction_no
