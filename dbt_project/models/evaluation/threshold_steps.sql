{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- One row per threshold and scenario that moves it, and one row for its value in force.

with threshold_scenarios as (
    select * from {{ ref('threshold_scenarios') }}
),

rule_catalogue as (
    select * from {{ ref('rule_catalogue') }}
),

thresholds as (
    select
        scenario,
        factor,
        threshold_name,
        cast(threshold_value as decimal(20, 4)) as threshold_value
    from threshold_scenarios
    unpivot (
        threshold_value for threshold_name in (
            {{ each_threshold("THRESHOLD", ",") | indent(4) }}
        )
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
    rule_catalogue.rule_name,
    rule_catalogue.rule_set,
    split_part(thresholds.threshold_name, '__', 2) as input_name,
    thresholds.threshold_value,
    in_force.threshold_value as value_in_force
from thresholds
inner join in_force
    on thresholds.threshold_name = in_force.threshold_name
inner join rule_catalogue
    on split_part(thresholds.threshold_name, '__', 1) = rule_catalogue.rule_name
where
    thresholds.threshold_name not in (
        {{ each_threshold("'THRESHOLD'", ",", kind="fixed") }}
    )
    and (thresholds.factor = 1 or thresholds.threshold_value != in_force.threshold_value)
