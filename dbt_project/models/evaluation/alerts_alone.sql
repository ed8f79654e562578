{{ config(materialized=by_day(), pre_hook="{{ forget_touched_months() }}") }}

-- On how many transactions of each month only one rule of its set fires, and which. By month, so
-- that a day that is added counts its own month alone.

with transactions as (
    select * from {{ ref('transactions') }}
    where {{ is_in_touched_months() }}
),

sums as (
    select
        cast(date_trunc('month', timestamp) as date) as month,
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
    group by cast(date_trunc('month', timestamp) as date), label
)

select
    month,
    rule_name,
    cast(sum(alerts) as bigint) as alerts,
    cast(coalesce(sum(alerts) filter (where label = 1), 0) as bigint) as fraud
from sums
unpivot (
    alerts for rule_name in (
        {{ each_rule("RULE", ",") | indent(4) }}
    )
)
group by month, rule_name
