{{ config(materialized='ephemeral', contract={'enforced': false}) }}

-- Rows like the one of rule_thresholds, with some thresholds moved, from half to double. A rule
-- reads only its own thresholds and has at most one of each kind (amounts, counts, ages). So all
-- thresholds of one kind can move in the same row, and still only one moves for each rule. Of two
-- limits of a kind, one is fixed. Counts and days stay whole numbers, at least one from the value
-- in force. A scenario is a tinyint: DuckDB groups millions of rows by it without a hash table.

with rule_thresholds as (
    select * from {{ ref('rule_thresholds') }}
),

steps (step_no, factor) as (
    values
    (1, 0.5), (2, 0.6), (3, 0.7), (4, 0.8), (5, 0.9), (6, 1.1),
    (7, 1.2), (8, 1.4), (9, 1.6), (10, 1.8), (11, 2.0)
),

kinds (kind_no, kind) as (
    values (0, 'amount'), (1, 'count'), (2, 'age')
),

moves as (
    select
        11 * kinds.kind_no + steps.step_no as scenario,
        kinds.kind,
        steps.factor,
        case when kinds.kind = 'amount' then steps.factor else 1.0 end as amount_factor,
        case when kinds.kind = 'count' then steps.factor else 1.0 end as count_factor,
        case when kinds.kind = 'age' then steps.factor else 1.0 end as age_factor
    from kinds
    cross join steps

    union all

    select
        0 as scenario,
        'none' as kind,
        1.0 as factor,
        1.0 as amount_factor,
        1.0 as count_factor,
        1.0 as age_factor
)

{#- Wide enough for twice the largest threshold. #}
{%- set wide = "cast(rule_thresholds.THRESHOLD as decimal(24, 4))" %}
{%- set long = "cast(rule_thresholds.THRESHOLD as bigint)" %}

select
    cast(moves.scenario as tinyint) as scenario,
    moves.kind,
    moves.factor,
    {{ each_threshold(
        "cast(" ~ wide ~ " * moves.amount_factor as decimal(18, 2)) as THRESHOLD",
        ",",
        kind="amount",
        data_type="decimal(18,2)",
    ) }},
    {{ each_threshold(
        "cast(" ~ wide ~ " * moves.amount_factor as decimal(20, 4)) as THRESHOLD",
        ",",
        kind="amount",
        data_type="decimal(18,4)",
    ) }},
    {{ each_threshold(
        whole_step(long, "moves.count_factor") ~ " as THRESHOLD", ",", kind="count"
    ) }},
    {{ each_threshold(
        whole_step(long, "moves.age_factor") ~ " as THRESHOLD", ",", kind="age"
    ) }},
    {{ each_threshold("rule_thresholds.THRESHOLD", ",", kind="fixed") }}
from rule_thresholds
cross join moves
