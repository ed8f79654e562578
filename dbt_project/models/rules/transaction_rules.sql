{{ config(materialized='view') }}

-- The rules of both sets, one column each, beside everything known about the transaction: 1 where
-- the rule fires, else 0. Their CASE lines are in rule_book/rule_lines.sql and network_lines.sql.
-- `limits` is the single row of thresholds in force. A view: only `transactions` writes the wide
-- row.

with features as (
    select * from {{ ref('transaction_features') }}
),

limits as (
    select * from {{ ref('rule_thresholds') }}
),

rules as (
    select
        features.*,

        {{ all_rule_lines() | indent(8) }}
    from features
    cross join limits
)

select
    {{ all_but(each_rule("FLAG", ",")) }},
    {{ each_rule("cast(FLAG as tinyint) as FLAG", ",") }}
from rules
