{{ config(
    materialized=by_day(),
    incremental_strategy="by_day",
    pre_hook="{{ forget_touched_days() }}",
) }}

-- For each day and rule, on how many transactions no other rule of its set fires;
-- rule_marginal_value adds the days up. So only touched days are counted again.

with transactions as (
    select * from {{ ref('transactions') }}
    where {{ is_touched() }}
),

sums as (
    select
        cast(timestamp as date) as day,
        label,
        {{ each_rule(
            "cast(sum(FLAG) filter (where rule_trigger_count = 1) as bigint) as RULE",
            ",",
            "notebook",
        ) }},
        {{ each_rule(
            "cast(sum(FLAG) filter (where network_trigger_count = 1) as bigint) as RULE",
            ",",
            "network",
        ) }}
    from transactions
    where rule_trigger_count = 1 or network_trigger_count = 1
    group by cast(timestamp as date), label
)

select
    day,
    rule_name,
    cast(sum(alerts) as bigint) as alerts,
    cast(coalesce(sum(alerts) filter (where label = 1), 0) as bigint) as fraud
from sums
unpivot (
    alerts for rule_name in (
        {{ each_rule("RULE", ",") | indent(4) }}
    )
)
group by day, rule_name
