-- Each rule that fires says why: one alert of each, as composing all of them takes longer.
with first_hits as (
    select
        rule_name,
        min(transaction_no) as transaction_no
    from {{ ref('rule_hits') }}
    group by rule_name
)

select alerts.alert_id
from first_hits
inner join {{ ref('transactions') }} as transactions
    on first_hits.transaction_no = transactions.transaction_no
inner join {{ ref('alerts') }} as alerts
    on
        transactions.transaction_id = alerts.transaction_id
        and first_hits.rule_name = alerts.rule_name
where alerts.reason is null or alerts.reason not like '%.'
