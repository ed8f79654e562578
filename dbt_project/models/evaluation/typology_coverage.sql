-- How much of each typology all rules together find, and which rule finds most.

with rule_typology_recall as (
    select * from {{ ref('rule_typology_recall') }}
),

rule_performance as (
    select * from {{ ref('rule_performance') }}
),

scheme_transactions as (
    select * from {{ ref('scheme_transactions') }}
),

transactions as (
    select * from {{ ref('transactions') }}
),

-- If two rules find equally much, the one with fewer alerts is better.
best_rules as (
    select
        rule_typology_recall.fraud_type,
        rule_typology_recall.rule_name,
        rule_typology_recall.transactions_found,
        rule_typology_recall.transaction_recall
    from rule_typology_recall
    inner join rule_performance
        on rule_typology_recall.rule_name = rule_performance.rule_name
    where rule_typology_recall.transactions_found > 0
    qualify row_number() over (
        partition by rule_typology_recall.fraud_type
        order by
            rule_typology_recall.transactions_found desc,
            rule_performance.alerts asc,
            rule_typology_recall.rule_name asc
    ) = 1
),

all_rules as (
    select
        scheme_transactions.fraud_type,
        count(*) as transactions,
        count(*) filter (where transactions.rule_trigger_count > 0) as transactions_found,
        count(distinct scheme_transactions.scheme_id) as schemes,
        count(distinct scheme_transactions.scheme_id) filter (
            where transactions.rule_trigger_count > 0
        ) as schemes_found
    from scheme_transactions
    inner join transactions
        on scheme_transactions.transaction_no = transactions.transaction_no
    group by scheme_transactions.fraud_type
)

select
    all_rules.fraud_type,
    cast(all_rules.transactions as integer) as transactions,
    best_rules.rule_name as best_rule,
    best_rules.transaction_recall as best_rule_recall,
    cast(all_rules.transactions_found as integer) as transactions_found,
    {{ ratio('all_rules.transactions_found', 'all_rules.transactions') }} as transaction_recall,
    cast(all_rules.transactions - all_rules.transactions_found as integer)
        as transactions_uncovered,
    cast(all_rules.schemes as integer) as schemes,
    cast(all_rules.schemes_found as integer) as schemes_found,
    {{ ratio('all_rules.schemes_found', 'all_rules.schemes') }} as scheme_recall,
    cast(all_rules.transactions_found = 0 as tinyint) as is_uncovered
from all_rules
left join best_rules
    on all_rules.fraud_type = best_rules.fraud_type
