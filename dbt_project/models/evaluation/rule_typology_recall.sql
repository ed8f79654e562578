-- How much of each typology each rule finds, in transactions and in schemes: one alerted
-- transaction is enough to open the case. The recalls of a rule that is not applicable are null.

with rule_hits as (
    select * from {{ ref('rule_hits') }}
),

rule_performance as (
    select * from {{ ref('rule_performance') }}
),

honest as (
    select count(*) as transactions
    from {{ ref('transactions') }}
    where label = 0
),

scheme_transactions as (
    select * from {{ ref('scheme_transactions') }}
),

typologies as (
    select
        fraud_type,
        count(*) as transactions,
        count(distinct scheme_id) as schemes
    from scheme_transactions
    group by fraud_type
),

found as (
    select
        rule_hits.rule_name,
        scheme_transactions.fraud_type,
        count(*) as transactions,
        count(distinct scheme_transactions.scheme_id) as schemes
    from scheme_transactions
    inner join rule_hits
        on scheme_transactions.transaction_no = rule_hits.transaction_no
    group by rule_hits.rule_name, scheme_transactions.fraud_type
),

pairs as (
    select
        rule_performance.rule_name,
        rule_performance.rule_set,
        rule_performance.is_applicable,
        rule_performance.false_positives,
        honest.transactions as honest_transactions,
        typologies.fraud_type,
        typologies.transactions,
        coalesce(found.transactions, 0) as transactions_found,
        typologies.schemes,
        coalesce(found.schemes, 0) as schemes_found
    from typologies
    cross join rule_performance
    cross join honest
    left join found
        on
            typologies.fraud_type = found.fraud_type
            and rule_performance.rule_name = found.rule_name
)

select
    rule_name,
    rule_set,
    fraud_type,
    cast(transactions as integer) as transactions,
    cast(transactions_found as integer) as transactions_found,
    {{ ratio('transactions_found', 'is_applicable * transactions') }} as transaction_recall,
    {{ ratio('false_positives', 'honest_transactions') }} as honest_alert_rate,
    {{ ratio(
        'transactions_found * honest_transactions', 'transactions * false_positives'
    ) }} as lift,
    {{ lift_low(
        'transactions_found',
        '(transactions - transactions_found)',
        'false_positives',
        '(honest_transactions - false_positives)',
    ) }} as lift_low,
    cast(schemes as integer) as schemes,
    cast(schemes_found as integer) as schemes_found,
    {{ ratio('schemes_found', 'is_applicable * schemes') }} as scheme_recall
from pairs
