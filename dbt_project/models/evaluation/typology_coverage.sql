-- How much of each typology the rules of a set find together, which rule finds most, and whether
-- any finds it clearly more often than chance.

with rule_typology_recall as (
    select * from {{ ref('rule_typology_recall') }}
),

rule_performance as (
    select * from {{ ref('rule_performance') }}
),

scheme_transactions as (
    select * from {{ ref('scheme_transactions') }}
),

-- Read twice, each time for a few columns.
transactions as {{ not_materialized() }} (
    select * from {{ ref('transactions') }}
),

-- If two rules find equally much, the one with fewer alerts is better.
best_rules as (
    select
        rule_typology_recall.fraud_type,
        rule_typology_recall.rule_set,
        rule_typology_recall.rule_name,
        rule_typology_recall.transactions_found,
        rule_typology_recall.transaction_recall
    from rule_typology_recall
    inner join rule_performance
        on rule_typology_recall.rule_name = rule_performance.rule_name
    where rule_typology_recall.transactions_found > 0
    qualify row_number() over (
        partition by rule_typology_recall.fraud_type, rule_typology_recall.rule_set
        order by
            rule_typology_recall.transactions_found desc,
            rule_performance.alerts asc,
            rule_typology_recall.rule_name asc
    ) = 1
),

rule_sets as (
    select
        fraud_type,
        rule_set,
        max(lift_low) as best_lift_low
    from rule_typology_recall
    group by fraud_type, rule_set
),

honest as (
    select
        count(*) as transactions,
        count(*) filter (where rule_trigger_count > 0) as alerted_notebook,
        count(*) filter (where network_trigger_count > 0) as alerted_network
    from transactions
    where label = 0
),

found as (
    select
        scheme_transactions.fraud_type,
        scheme_transactions.scheme_id,
        rule_sets.rule_set,
        rule_sets.best_lift_low,
        case rule_sets.rule_set
            when 'network' then transactions.network_trigger_count
            else transactions.rule_trigger_count
        end > 0 as is_found
    from scheme_transactions
    inner join transactions
        on scheme_transactions.transaction_no = transactions.transaction_no
    inner join rule_sets
        on scheme_transactions.fraud_type = rule_sets.fraud_type
),

all_rules as (
    select
        fraud_type,
        rule_set,
        best_lift_low,
        count(*) as transactions,
        count(*) filter (where is_found) as transactions_found,
        count(distinct scheme_id) as schemes,
        count(distinct scheme_id) filter (where is_found) as schemes_found
    from found
    group by fraud_type, rule_set, best_lift_low
),

compared as (
    select
        all_rules.*,
        honest.transactions as honest_transactions,
        case all_rules.rule_set
            when 'network' then honest.alerted_network
            else honest.alerted_notebook
        end as honest_alerted
    from all_rules
    cross join honest
)

select
    compared.fraud_type,
    compared.rule_set,
    cast(compared.transactions as integer) as transactions,
    best_rules.rule_name as best_rule,
    best_rules.transaction_recall as best_rule_recall,
    cast(compared.transactions_found as integer) as transactions_found,
    {{ ratio('compared.transactions_found', 'compared.transactions') }} as transaction_recall,
    {{ ratio('compared.honest_alerted', 'compared.honest_transactions') }} as honest_alert_rate,
    {{ ratio(
        'compared.transactions_found * compared.honest_transactions',
        'compared.transactions * compared.honest_alerted',
    ) }} as lift,
    compared.best_lift_low,
    cast(compared.transactions - compared.transactions_found as integer) as transactions_uncovered,
    cast(compared.schemes as integer) as schemes,
    cast(compared.schemes_found as integer) as schemes_found,
    {{ ratio('compared.schemes_found', 'compared.schemes') }} as scheme_recall,
    cast(coalesce(compared.best_lift_low, 0) < 2 as tinyint) as is_uncovered
from compared
left join best_rules
    on
        compared.fraud_type = best_rules.fraud_type
        and compared.rule_set = best_rules.rule_set
