-- The 50 AML rules, one column each: 1 where the rule fires, else 0. Their CASE lines stand in
-- macros/rule_lines.sql; `limits` is the one row of thresholds in force.

with features as (
    select * from {{ ref('transaction_features') }}
),

limits as (
    select * from {{ ref('rule_thresholds') }}
),

rules as (
    select
        features.transaction_no,

        {{ rule_lines() | indent(8) }}
    from features
    cross join limits
)

select
    transaction_no,
    cast(columns('^rule_') as tinyint)
from rules
