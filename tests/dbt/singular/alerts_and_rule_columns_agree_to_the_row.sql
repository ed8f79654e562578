-- Each flag set in the wide table is one alert, and each alert is a flag set there.
with flagged as (
    select
        transaction_id,
        substr(rule_column, 6) as rule_name
    from {{ ref('transactions') }}
    unpivot (
        fired for rule_column in (
            {{ each_rule("rule_RULE", ",") | indent(4) }}
        )
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
