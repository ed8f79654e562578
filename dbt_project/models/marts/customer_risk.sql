-- What the rules found on all accounts of each customer. Every transaction is in the book of one of
-- the customer's accounts, so the figures of the accounts add up to those of the customer.

with customers as (
    select * from {{ ref('customers') }}
),

account_risk as (
    select * from {{ ref('account_risk') }}
),

per_customer as (
    select
        customer_id,
        count(*) as accounts,
        sum(transactions) as transactions,
        sum(alerted_transactions) as alerted_transactions,
        sum(alerts) as alerts,
        max(worst_severity) as worst_severity,
        max(last_alert_at) as last_alert_at,
        max(highest_rule_risk_score) as highest_rule_risk_score
    from account_risk
    group by customer_id
)

select
    customers.customer_id,
    cast(coalesce(per_customer.accounts, 0) as integer) as accounts,
    cast(coalesce(per_customer.transactions, 0) as integer) as transactions,
    cast(coalesce(per_customer.alerted_transactions, 0) as integer) as alerted_transactions,
    cast(coalesce(per_customer.alerts, 0) as integer) as alerts,
    coalesce(per_customer.worst_severity, 0) as worst_severity,
    per_customer.last_alert_at,
    per_customer.highest_rule_risk_score
from customers
left join per_customer
    on customers.customer_id = per_customer.customer_id
