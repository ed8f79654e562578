{{ config(materialized=by_day(), pre_hook="{{ forget_touched_months() }}") }}

-- How often each rule would have fired in each month with moved thresholds. By month, so that a day
-- that is added counts its own month alone.

-- Wide, and read three times: not materialized, so that each read takes only the columns it needs.
with features as {{ not_materialized() }} (
    select * from {{ ref('transactions') }}
    where {{ is_in_touched_months() }}
),

limits as (
    select * from {{ ref('threshold_scenarios') }}
),

-- Read three times, each time for some rules and scenarios: not materialized, so that nothing else
-- is computed.
rules as {{ not_materialized() }} (
    select
        cast(date_trunc('month', features.timestamp) as date) as month,
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
                month,
                scenario,
                label,
                {{ each_rule("cast(sum(FLAG) as bigint) as RULE", ",", kind=kind) }}
            from rules
            where kind in ('{{ kind }}', 'none')
            group by month, scenario, label
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
    month,
    cast(scenario as integer) as scenario,
    rule_name,
    cast(sum(alerts) as bigint) as alerts,
    cast(coalesce(sum(alerts) filter (where label = 1), 0) as bigint) as true_positives,
    cast(coalesce(sum(alerts) filter (where label = 0), 0) as bigint) as false_positives
from counts
group by month, scenario, rule_name
