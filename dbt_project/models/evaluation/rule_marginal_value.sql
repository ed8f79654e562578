-- What would be lost, and what saved, if a rule were switched off: the transactions and schemes on
-- which only this rule of its set fires.

with rule_performance as (
    select * from {{ ref('rule_performance') }}
),

transactions as (
    select * from {{ ref('transactions') }}
),

scheme_transactions as (
    select * from {{ ref('scheme_transactions') }}
),

fraud as (
    select
        count(*) as transactions,
        count(distinct scheme_id) as schemes
    from scheme_transactions
),

alone as (
    select
        rule_name,
        sum(alerts) as alerts,
        sum(fraud) as fraud
    from {{ ref('alerts_alone') }}
    group by rule_name
),

scheme_flags as (
    select
        scheme_transactions.scheme_id,
        {{ each_rule("max(transactions.FLAG) as RULE", ",") }}
    from scheme_transactions
    inner join transactions
        on scheme_transactions.transaction_no = transactions.transaction_no
    where scheme_transactions.scheme_id is not null
    group by scheme_transactions.scheme_id
),

scheme_hits as (
    select
        scheme_id,
        rule_name
    from scheme_flags
    unpivot (
        fired for rule_name in (
            {{ each_rule("RULE", ",") | indent(4) }}
        )
    )
    where fired = 1
),

-- Schemes that only one rule of a set finds, on any of their transactions.
schemes_of_one_rule as (
    select
        scheme_hits.scheme_id,
        min(scheme_hits.rule_name) as rule_name
    from scheme_hits
    inner join rule_performance
        on scheme_hits.rule_name = rule_performance.rule_name
    group by scheme_hits.scheme_id, rule_performance.rule_set
    having count(*) = 1
),

schemes_alone as (
    select
        rule_name,
        count(*) as schemes
    from schemes_of_one_rule
    group by rule_name
),

counted as (
    select
        rule_performance.rule_name,
        rule_performance.rule_set,
        rule_performance.alerts,
        rule_performance.true_positives,
        coalesce(alone.alerts, 0) as alerts_alone,
        -- Null without labels, like the true positives.
        case
            when rule_performance.true_positives is not null then coalesce(alone.fraud, 0)
        end as fraud_alone,
        case
            when rule_performance.true_positives is not null
                then coalesce(schemes_alone.schemes, 0)
        end as schemes_alone,
        fraud.transactions as fraud,
        fraud.schemes
    from rule_performance
    cross join fraud
    left join alone
        on rule_performance.rule_name = alone.rule_name
    left join schemes_alone
        on rule_performance.rule_name = schemes_alone.rule_name
)

select
    rule_name,
    rule_set,
    alerts,
    true_positives,
    cast(alerts_alone as integer) as alerts_alone,
    cast(fraud_alone as integer) as fraud_alone,
    {{ ratio('fraud_alone', 'fraud') }} as recall_lost,
    cast(schemes_alone as integer) as schemes_alone,
    {{ ratio('schemes_alone', 'schemes') }} as scheme_recall_lost
from counted
