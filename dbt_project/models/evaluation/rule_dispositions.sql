-- How each rule fared with the team: of the cases with a qualifying transaction on which it fires,
-- how many were decided, and how. What nobody decided is not counted as cleared, and nor is what
-- happened after the decision.

with rule_catalogue as (
    select * from {{ ref('rule_catalogue') }}
),

rule_hits as (
    select * from {{ ref('rule_hits') }}
),

case_transactions as (
    select * from {{ ref('case_transactions') }}
),

cases as (
    select * from {{ ref('cases') }}
),

rules_of_cases as (
    select
        rule_hits.rule_name,
        case_transactions.case_id,
        min(case_transactions.timestamp) as fired_at
    from case_transactions
    inner join rule_hits
        on case_transactions.transaction_no = rule_hits.transaction_no
    where case_transactions.membership = 'qualifying'
    group by rule_hits.rule_name, case_transactions.case_id
),

decided as (
    select
        rules_of_cases.rule_name,
        case when rules_of_cases.fired_at <= cases.decided_at then cases.decision end as decision
    from rules_of_cases
    inner join cases
        on rules_of_cases.case_id = cases.case_id
),

per_rule as (
    select
        rule_name,
        count(*) as cases,
        count(*) filter (where decision = 'confirmed') as confirmed,
        count(*) filter (where decision = 'cleared') as cleared
    from decided
    group by rule_name
),

counted as (
    select
        rule_catalogue.rule_name,
        rule_catalogue.rule_set,
        rule_catalogue.category,
        rule_catalogue.severity,
        coalesce(per_rule.cases, 0) as cases,
        coalesce(per_rule.confirmed, 0) as confirmed,
        coalesce(per_rule.cleared, 0) as cleared
    from rule_catalogue
    left join per_rule
        on rule_catalogue.rule_name = per_rule.rule_name
)

select
    rule_name,
    rule_set,
    category,
    severity,
    cast(cases as integer) as cases,
    cast(confirmed + cleared as integer) as reviewed,
    cast(confirmed as integer) as confirmed,
    cast(cleared as integer) as cleared,
    {{ ratio('confirmed + cleared', 'cases') }} as reviewed_share,
    {{ ratio('confirmed', 'confirmed + cleared') }} as precision,
    {{ wilson_bound('confirmed', 'cleared', '-') }} as precision_low,
    {{ wilson_bound('confirmed', 'cleared', '+') }} as precision_high
from counted
