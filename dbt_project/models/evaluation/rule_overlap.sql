-- How often two rules fire on the same transaction: each pair of rules once.

with rule_hits as (
    select * from {{ ref('rule_hits') }}
),

rule_catalogue as (
    select * from {{ ref('rule_catalogue') }}
),

per_rule as (
    select
        rule_catalogue.rule_name,
        count(rule_hits.transaction_no) as alerts
    from rule_catalogue
    left join rule_hits
        on rule_catalogue.rule_name = rule_hits.rule_name
    group by rule_catalogue.rule_name
),

together as (
    select
        first_hits.rule_name as rule_a,
        second_hits.rule_name as rule_b,
        count(*) as transactions_both
    from rule_hits as first_hits
    inner join rule_hits as second_hits
        on
            first_hits.transaction_no = second_hits.transaction_no
            and first_hits.rule_name < second_hits.rule_name
    group by first_hits.rule_name, second_hits.rule_name
),

pairs as (
    select
        first_rule.rule_name as rule_a,
        second_rule.rule_name as rule_b,
        first_rule.alerts as alerts_a,
        second_rule.alerts as alerts_b,
        coalesce(together.transactions_both, 0) as transactions_both
    from per_rule as first_rule
    inner join per_rule as second_rule
        on first_rule.rule_name < second_rule.rule_name
    left join together
        on
            first_rule.rule_name = together.rule_a
            and second_rule.rule_name = together.rule_b
)

select
    rule_a,
    rule_b,
    cast(alerts_a as integer) as alerts_a,
    cast(alerts_b as integer) as alerts_b,
    cast(transactions_both as integer) as transactions_both,
    {{ ratio('transactions_both', 'alerts_a + alerts_b - transactions_both') }} as jaccard,
    {{ ratio('transactions_both', 'alerts_a') }} as share_of_a,
    {{ ratio('transactions_both', 'alerts_b') }} as share_of_b
from pairs
