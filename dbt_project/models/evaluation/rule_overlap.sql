-- How often two rules fire on the same transaction: each pair of rules once.

with transactions as (
    select * from {{ ref('transactions') }}
),

rule_catalogue as (
    select * from {{ ref('rule_catalogue') }}
),

-- The sets of rules that fire together: there are far fewer sets than transactions. A set is named
-- after its first transaction.
patterns as (
    select
        {{ each_rule("FLAG as RULE", ",") }},
        min(transaction_no) as pattern_no,
        count(*) as pattern_transactions
    from transactions
    group by all
),

hits as (
    select
        pattern_no,
        pattern_transactions,
        rule_name
    from patterns
    unpivot (
        fired for rule_name in (
            {{ each_rule("RULE", ",") | indent(4) }}
        )
    )
    where fired = 1
),

-- A rule is also paired with itself, which counts its alerts.
together as (
    select
        first_hits.rule_name as rule_a,
        second_hits.rule_name as rule_b,
        sum(first_hits.pattern_transactions) as transactions_both
    from hits as first_hits
    inner join hits as second_hits
        on
            first_hits.pattern_no = second_hits.pattern_no
            and first_hits.rule_name <= second_hits.rule_name
    group by first_hits.rule_name, second_hits.rule_name
),

per_rule as (
    select
        rule_catalogue.rule_name,
        rule_catalogue.rule_set,
        coalesce(together.transactions_both, 0) as alerts
    from rule_catalogue
    left join together
        on
            rule_catalogue.rule_name = together.rule_a
            and rule_catalogue.rule_name = together.rule_b
),

pairs as (
    select
        first_rule.rule_name as rule_a,
        second_rule.rule_name as rule_b,
        first_rule.rule_set as rule_set_a,
        second_rule.rule_set as rule_set_b,
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
    rule_set_a,
    rule_set_b,
    cast(alerts_a as integer) as alerts_a,
    cast(alerts_b as integer) as alerts_b,
    cast(transactions_both as integer) as transactions_both,
    {{ ratio('transactions_both', 'alerts_a + alerts_b - transactions_both') }} as jaccard,
    {{ ratio('transactions_both', 'alerts_a') }} as share_of_a,
    {{ ratio('transactions_both', 'alerts_b') }} as share_of_b
from pairs
