-- What the rules of both sets found on each account.

with accounts as (
    select * from {{ ref('accounts') }}
),

transactions as (
    select
        *,
        rule_trigger_count + network_trigger_count as alerts
    from {{ ref('transactions') }}
),

-- The wide row has the worst severity of the 50 rules alone.
network_severities as (
    select
        rule_hits.transaction_no,
        max(rule_catalogue.severity) as worst_severity
    from {{ ref('rule_hits') }} as rule_hits
    inner join {{ ref('rule_catalogue') }} as rule_catalogue
        on rule_hits.rule_name = rule_catalogue.rule_name
    where rule_catalogue.rule_set = 'network'
    group by rule_hits.transaction_no
),

per_account as (
    select
        transactions.sender_account_id,
        count(*) as transactions,
        count(*) filter (where transactions.alerts > 0) as alerted_transactions,
        sum(transactions.alerts) as alerts,
        max(greatest(
            transactions.max_rule_severity, coalesce(network_severities.worst_severity, 0)
        )) as worst_severity,
        max(transactions.timestamp) filter (where transactions.alerts > 0) as last_alert_at,
        max(transactions.rule_risk_score) as highest_rule_risk_score
    from transactions
    left join network_severities
        on transactions.transaction_no = network_severities.transaction_no
    group by transactions.sender_account_id
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
