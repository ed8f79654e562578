{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- One row per threshold and scenario in which it is moved, and one for its value in force.

with threshold_scenarios as (
    select * from {{ ref('threshold_scenarios') }}
),

thresholds as (
    select
        scenario,
        factor,
        threshold_name,
        threshold_value
    from (
        unpivot (
            select
                scenario,
                factor,
                cast(columns('__') as decimal(20, 4))
            from threshold_scenarios
        )
        on columns('__')
        into name threshold_name value threshold_value
    )
),

in_force as (
    select
        threshold_name,
        threshold_value
    from thresholds
    where factor = 1
)

select
    thresholds.scenario,
    thresholds.factor,
    split_part(thresholds.threshold_name, '__', 1) as rule_name,
    split_part(thresholds.threshold_name, '__', 2) as input_name,
    thresholds.threshold_value,
    in_force.threshold_value as value_in_force
from thresholds
inner join in_force
    on thresholds.threshold_name = in_force.threshold_name
where
    thresholds.threshold_name not like '%\_max' escape '\'
    and (thresholds.factor = 1 or thresholds.threshold_value != in_force.threshold_value)
