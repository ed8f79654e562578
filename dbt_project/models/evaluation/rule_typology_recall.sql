-- How much of each typology each rule finds, in transactions and in schemes: one alerted
-- transaction is enough to open the case. The recalls of a rule that is not applicable are null.

with rule_hits as (
    select * from {{ ref('rule_hits') }}
),

rule_catalogue as (
    select * from {{ ref('rule_catalogue') }}
),

rule_applicability as (
    select * from {{ ref('rule_applicability') }}
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
        rule_catalogue.rule_name,
        rule_applicability.is_applicable,
        typologies.fraud_type,
        typologies.transactions,
        coalesce(found.transactions, 0) as transactions_found,
        typologies.schemes,
        coalesce(found.schemes, 0) as schemes_found
    from typologies
    cross join rule_catalogue
    inner join rule_applicability
        on rule_catalogue.rule_name = rule_applicability.rule_name
    left join found
        on
            typologies.fraud_type = found.fraud_type
            and rule_catalogue.rule_name = found.rule_name
)

select
    rule_name,
    fraud_type,
    cast(transactions as integer) as transactions,
    cast(transactions_found as integer) as transactions_found,
    {{ ratio('transactions_found', 'is_applicable * transactions') }} as transaction_recall,
    cast(schemes as integer) as schemes,
    cast(schemes_found as integer) as schemes_found,
    {{ ratio('schemes_found', 'is_applicable * schemes') }} as scheme_recall
from pairs
