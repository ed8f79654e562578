-- Each flag set in the wide table is one alert, and each alert is a flag set there.
with flagged as (
    select
        transaction_id,
        substr(rule_column, 6) as rule_name
    from (
        unpivot (
            select * exclude (rule_trigger_count, rule_risk_score, rule_risk_band)
            from {{ ref('transactions') }}
        )
        on columns('^rule_')
        into name rule_column value fired
    )
    where fired = 1
),

alerted as (
    select
        transaction_id,
        rule_name
    from {{ ref('alerts') }}
)

select
    coalesce(flagged.transaction_id, alerted.transaction_id) as transaction_id,
    coalesce(flagged.rule_name, alerted.rule_name) as rule_name,
    case when alerted.rule_name is null then 'no alert' else 'no flag' end as missing
from flagged
full join alerted
    on
        flagged.transaction_id = alerted.transaction_id
        and flagged.rule_name = alerted.rule_name
where flagged.rule_name is null or alerted.rule_name is null
