-- The rows of each case: the qualifying ones, and what else its customer did from the first of them
-- to the last. Cases of a customer never overlap, so no row is in two.

with case_members as (
    select * from {{ ref('case_members') }}
),

transactions as (
    select * from {{ ref('transactions') }}
),

snooze_hits as (
    select * from {{ ref('snooze_hits') }}
),

spans as (
    select
        opening_no,
        customer_id,
        min(timestamp) as first_at,
        max(timestamp) as last_at
    from case_members
    group by opening_no, customer_id
),

-- A hit that two snoozes hide is hidden once.
snoozed as (
    select
        transaction_no,
        count(distinct rule_name) as snoozed_alerts
    from snooze_hits
    group by transaction_no
)

select
    'K' || cast(spans.opening_no as string) as case_id,
    transactions.transaction_no,
    transactions.transaction_id,
    case when case_members.transaction_no is null then 'context' else 'qualifying' end
        as membership,
    transactions.timestamp,
    transactions.customer_id,
    transactions.sender_account_id,
    transactions.receiver_account_id,
    transactions.beneficiary_id,
    transactions.debit_credit,
    transactions.amount,
    transactions.rule_risk_score,
    transactions.priority_score,
    cast(transactions.rule_trigger_count + transactions.network_trigger_count as integer)
        as alerts,
    cast(coalesce(snoozed.snoozed_alerts, 0) as integer) as snoozed_alerts
from spans
inner join transactions
    on
        spans.customer_id = transactions.customer_id
        and transactions.timestamp between spans.first_at and spans.last_at
left join case_members
    on transactions.transaction_no = case_members.transaction_no
left join snoozed
    on transactions.transaction_no = snoozed.transaction_no
