{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- Rows like the one of rule_thresholds, with some thresholds moved to half and up to double. A rule
-- reads only its own thresholds and has at most one of each kind (amounts, counts, ages), so all
-- thresholds of one kind move in one row and yet only one per rule. Two-sided rules move their
-- lower edge. Counts and days stay whole numbers, at least one away from the one in force.

with rule_thresholds as (
    select * from {{ ref('rule_thresholds') }}
),

steps (factor) as (
    values (0.5), (0.6), (0.7), (0.8), (0.9), (1.1), (1.2), (1.4), (1.6), (1.8), (2.0)
),

kinds (kind) as (
    values ('amount'), ('count'), ('age')
),

moves as (
    select
        kinds.kind,
        steps.factor,
        case when kinds.kind = 'amount' then steps.factor else 1.0 end as amount_factor,
        case when kinds.kind = 'count' then steps.factor else 1.0 end as count_factor,
        case when kinds.kind = 'age' then steps.factor else 1.0 end as age_factor
    from kinds
    cross join steps

    union all

    select
        'none' as kind,
        1.0 as factor,
        1.0 as amount_factor,
        1.0 as count_factor,
        1.0 as age_factor
)

select
    moves.kind || ' ' || moves.factor as scenario,
    moves.kind,
    moves.factor,
    {{ each_threshold(
        "cast(rule_thresholds.THRESHOLD * moves.amount_factor as decimal(18, 2)) as THRESHOLD",
        ",",
        ["amount", "amount_min", "total_amount"],
    ) }},
    {{ each_threshold(
        "cast(rule_thresholds.THRESHOLD * moves.amount_factor as decimal(20, 4)) as THRESHOLD",
        ",",
        ["ratio", "zscore"],
    ) }},
    {{ each_threshold(
        whole_step("rule_thresholds.THRESHOLD", "moves.count_factor") ~ " as THRESHOLD", ",", ["txn_count"]
    ) }},
    {{ each_threshold(
        whole_step("rule_thresholds.THRESHOLD", "moves.age_factor") ~ " as THRESHOLD",
        ",",
        ["account_open_days", "device_age_days"],
    ) }},
    {{ each_threshold("rule_thresholds.THRESHOLD", ",", ["amount_max"]) }}
from rule_thresholds
cross join moves
