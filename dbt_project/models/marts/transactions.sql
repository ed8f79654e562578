{{ config(
    materialized=by_day(),
    incremental_strategy="by_day",
    pre_hook=[
        "{{ forget_touched(ref('stg_transactions')) }}",
        "{{ begin_turns(ref('stg_transactions')) }}",
    ],
    post_hook="{{ take_other_turns(ref('stg_transactions')) }}",
) }}

-- One row per transaction, with everything that is known about it: the wide row, written once.

with rules as (
    select * from {{ ref('transaction_rules') }}
    where {{ is_touched() }}
),

severities as (
    {{ rule_severities() }}
),

priorities as (
    {{ of_this_turn(ref('transaction_priority')) }}
),

totals as (
    select
        rules.*,
        cast(
            {{ each_rule("coalesce(rules.FLAG, 0)", " +", "notebook") }}
            as integer
        ) as rule_trigger_count,
        cast(
            coalesce(greatest(
                {{ each_rule("rules.FLAG * severities.RULE", ",", "notebook") }}
            ), 0)
            as integer
        ) as max_rule_severity,
        {{ weighted_rule_score() | indent(4) }} as weighted_rule_score,
        cast(
            {{ each_rule("coalesce(rules.FLAG, 0)", " +", "network") }}
            as integer
        ) as network_trigger_count,
        priorities.priority_score
    from rules
    cross join severities
    left join priorities
        on rules.transaction_no = priorities.transaction_no
),

-- Both scores before rounding: notebook 2c, cell C-5. Only the first holds the answer. The capped
-- ratio has a narrow type, because products of wide decimals are 128-bit numbers.
components as (
    select
        *,
        least(2.5 * rule_trigger_count, 60)
        + 1.5 * cast(
            least(greatest(coalesce(amount_to_balance_ratio, 0), 0), 10) as decimal(6, 4)
        ) as risk_points,
        25 * coalesce(label, 0) as label_points
    from totals
),

scored as (
    select
        {{ all_but('priority_score, risk_points, label_points') }},
        cast(least(risk_points + label_points, 100) as decimal(5, 2)) as fraud_intensity_score,
        cast(risk_points as decimal(5, 2)) as rule_risk_score,
        priority_score
    from components
)

select
    *,
    {{ score_band('fraud_intensity_score') }} as fraud_intensity_band,
    {{ score_band('rule_risk_score') }} as rule_risk_band
from scored
