{{ config(materialized='view') }}

-- How many rules fired on a transaction and how severe they are, beside the rules themselves.

with rules as (
    select * from {{ ref('transaction_rules') }}
),

-- One row, a column per rule: a severity meets the flag of its rule in the same row. As small
-- integers: most of this view's work are their products.
severities as (
    select
        {{ each_rule(
            "cast(sum(case when rule_name = 'RULE' then severity end) as smallint) as RULE", ","
        ) }}
    from {{ ref('rule_catalogue') }}
)

select
    rules.*,
    cast(
        {{ each_rule("coalesce(rules.rule_RULE, 0)", " +") }}
        as integer
    ) as rule_trigger_count,
    cast(
        coalesce(greatest(
            {{ each_rule("rules.rule_RULE * severities.RULE", ",") }}
        ), 0)
        as integer
    ) as max_rule_severity,
    cast(
        {{ each_rule("coalesce(rules.rule_RULE * severities.RULE, 0)", " +") }}
        as integer
    ) as weighted_rule_score
from rules
cross join severities
