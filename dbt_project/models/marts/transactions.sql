-- One row per transaction with everything that is known of it: the wide row, written once.

with features as (
    select * from {{ ref('transaction_features') }}
),

rules as (
    select * from {{ ref('transaction_rules') }}
),

totals as (
    select * from {{ ref('transaction_rule_totals') }}
),

joined as (
    select
        features.*,
        rules.* exclude (transaction_no), -- noqa: RF02
        coalesce(totals.rule_trigger_count, 0) as rule_trigger_count,
        coalesce(totals.max_rule_severity, 0) as max_rule_severity,
        coalesce(totals.weighted_rule_score, 0) as weighted_rule_score
    from features
    inner join rules
        on features.transaction_no = rules.transaction_no
    left join totals
        on features.transaction_no = totals.transaction_no
),

-- Both scores without their rounding: notebook 2c, cell C-5. Only the first holds the answer.
components as (
    select
        *,
        least(2.5 * rule_trigger_count, 60)
        + 1.5 * least(greatest(coalesce(amount_to_balance_ratio, 0), 0), 10) as risk_points,
        25 * coalesce(label, 0) as label_points
    from joined
),

scored as (
    select
        * exclude (risk_points, label_points),
        cast(least(risk_points + label_points, 100) as decimal(5, 2)) as fraud_intensity_score,
        cast(risk_points as decimal(5, 2)) as rule_risk_score
    from components
)

select
    *,
    {{ score_band('fraud_intensity_score') }} as fraud_intensity_band,
    {{ score_band('rule_risk_score') }} as rule_risk_band
from scored
