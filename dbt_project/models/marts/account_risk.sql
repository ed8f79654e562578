-- What the rules found on each account.

with accounts as (
    select * from {{ ref('accounts') }}
),

transactions as (
    select * from {{ ref('transactions') }}
),

per_account as (
    select
        sender_account_id,
        count(*) as transactions,
        count(*) filter (where rule_trigger_count > 0) as alerted_transactions,
        sum(rule_trigger_count) as alerts,
        max(max_rule_severity) as worst_severity,
        max(timestamp) filter (where rule_trigger_count > 0) as last_alert_at,
        max(rule_risk_score) as highest_rule_risk_score
    from transactions
    group by sender_account_id
)

select
    accounts.account_id,
    accounts.customer_id,
    cast(coalesce(per_account.transactions, 0) as integer) as transactions,
    cast(coalesce(per_account.alerted_transactions, 0) as integer) as alerted_transactions,
    cast(coalesce(per_account.alerts, 0) as integer) as alerts,
    coalesce(per_account.worst_severity, 0) as worst_severity,
    per_account.last_alert_at,
    per_account.highest_rule_risk_score
from accounts
left join per_account
    on accounts.account_id = per_account.sender_account_id
