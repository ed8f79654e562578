{{ config(alias='rule_catalogue') }}

-- The rules with the thresholds that this build used. In the file this is `main.rule_catalogue`.
-- dbt needs another name for it, because the seed `rule_catalogue.csv` has that name already.

with rule_catalogue as (
    select * from {{ ref('rule_catalogue') }}
),

thresholds as (
    select
        split_part(threshold_name, '__', 1) as rule_name,
        split_part(threshold_name, '__', 2) as input_name,
        cast(threshold_value as decimal(18, 4)) as threshold_value
    from {{ ref('rule_thresholds') }}
    unpivot (
        threshold_value for threshold_name in (
            {{ each_threshold("THRESHOLD", ",") | indent(4) }}
        )
    )
),

per_rule as (
    select
        rule_name,
        {{ listagg(
            "input_name || ' ' || regexp_replace(cast(threshold_value as string), '[.]?0+$', '')",
            "', '",
            "order by input_name desc",
        ) }} as thresholds
    from thresholds
    group by rule_name
)

select
    rule_catalogue.rule_name,
    rule_catalogue.rule_set,
    rule_catalogue.severity,
    rule_catalogue.category,
    rule_catalogue.description,
    per_rule.thresholds,
    rule_catalogue.rationale,
    rule_catalogue.rationale_kind,
    rule_catalogue.rationale_instrument,
    rule_catalogue.rationale_paragraph,
    rule_catalogue.rationale_since,
    rule_catalogue.scope,
    rule_catalogue.window_seconds,
    rule_catalogue.window_kind
from rule_catalogue
left join per_rule
    on rule_catalogue.rule_name = per_rule.rule_name
