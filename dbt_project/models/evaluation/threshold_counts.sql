{{ config(
    materialized=by_day(),
    incremental_strategy="by_day",
    pre_hook="{{ forget_touched_days() }}",
) }}

-- How often each rule would have fired on each day with moved thresholds; threshold_sweep adds the
-- days up. So only touched days are counted again.

-- Wide, and read three times: not materialized, so that each read takes only the columns it needs.
with features as {{ not_materialized() }} (
    select * from {{ ref('transactions') }}
    where {{ is_touched() }}
),

limits as (
    select * from {{ ref('threshold_scenarios') }}
),

-- Read three times, each time for some rules and scenarios: not materialized, so that nothing else
-- is computed.
rules as {{ not_materialized() }} (
    select
        cast(features.timestamp as date) as day,
        limits.scenario,
        limits.kind,
        features.label,

        {{ all_rule_lines() | indent(8) }}
    from features
    cross join limits
),

-- Counted at once, so that scenarios × transactions is never written. A rule with thresholds of two
-- kinds would have two rows for its values in force: one is enough.
counts as (
    {% for kind in ['amount', 'count', 'age'] %}
        select *
        from (
            select
                day,
                scenario,
                label,
                {{ each_rule("cast(sum(FLAG) as bigint) as RULE", ",", kind=kind) }}
            from rules
            where kind in ('{{ kind }}', 'none')
            group by day, scenario, label
        ) as sums
        unpivot (
            alerts for rule_name in (
                {{ each_rule("RULE", ",", kind=kind) | indent(8) }}
            )
        )
        {{ "union distinct" if not loop.last }}
    {% endfor %}
)

select
    day,
    cast(scenario as integer) as scenario,
    rule_name,
    cast(sum(alerts) as bigint) as alerts,
    cast(coalesce(sum(alerts) filter (where label = 1), 0) as bigint) as true_positives,
    cast(coalesce(sum(alerts) filter (where label = 0), 0) as bigint) as false_positives
from counts
group by day, scenario, rule_name
