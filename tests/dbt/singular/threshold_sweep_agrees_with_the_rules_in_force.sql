-- The sweep applies the rule lines once more. At the thresholds in force it must find what the
-- rules found. Every threshold that is not fixed has such a row.
with in_force as (
    select *
    from {{ ref('threshold_sweep') }}
    where is_in_force = 1
),

thresholds as (
    select column_name
    from {{ ref('column_catalogue') }}
    where
        schema_name = '{{ ref('rule_thresholds').schema }}'
        and table_name = 'rule_thresholds'
        and ordinal > 0
        and column_name not in ({{ each_threshold("'THRESHOLD'", ",", kind="fixed") }})
)

select
    thresholds.column_name,
    in_force.alerts as alerts_of_the_sweep,
    rule_performance.alerts
from thresholds
left join in_force
    on thresholds.column_name = in_force.rule_name || '__' || in_force.input_name
left join {{ ref('rule_performance') }} as rule_performance
    on in_force.rule_name = rule_performance.rule_name
where
    in_force.alerts is null
    or in_force.alerts is distinct from rule_performance.alerts
    or in_force.true_positives is distinct from rule_performance.true_positives
