{{ config(materialized='view' if target.type == 'duckdb' else 'table') }}

-- The alerts that the last build brought; after a whole build, all.

with alerts as (
    select * from {{ ref('alerts') }}
),

alert_log as (
    select * from {{ ref('alert_log') }}
)

select
    alerts.alert_id,
    alerts.transaction_id,
    alerts.rule_name,
    alerts.rule_set,
    alerts.severity,
    alerts.category,
    alerts.timestamp,
    alerts.customer_id,
    alerts.sender_account_id,
    alerts.amount,
    alerts.reason,
    alerts.is_snoozed
from alerts
inner join alert_log
    on
        alerts.transaction_id = alert_log.transaction_id
        and alerts.rule_name = alert_log.rule_name
where
    alert_log.first_seen_build = alert_log.last_seen_build
    and alert_log.withdrawn_build is null
