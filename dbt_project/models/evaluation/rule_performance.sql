-- How good each rule is. A rule that never fired has a row too. Where the data lack a rule's
-- inputs, nothing is known about it: null, not 0.

-- Read twice: not materialized, so that no copy is written.
with transactions as {{ not_materialized() }} (
    select * from {{ ref('transactions') }}
),

rule_catalogue as (
    select * from {{ ref('rule_catalogue') }}
),

rule_applicability as (
    select * from {{ ref('rule_applicability') }}
),

population as (
    select
        count(*) as transactions,
        count(*) filter (where label = 1) as fraudulent,
        count(*) filter (where label = 0) as legitimate
    from transactions
),

-- One scan of the flags: the hits are never joined to their transactions.
sums as (
    select
        label,
        {{ each_rule("cast(sum(FLAG) as bigint) as RULE", ",") }}
    from transactions
    group by label
),

per_rule as (
    select
        rule_name,
        sum(alerts) as alerts,
        sum(alerts) filter (where label = 1) as true_positives,
        sum(alerts) filter (where label = 0) as false_positives
    from sums
    unpivot (
        alerts for rule_name in (
            {{ each_rule("RULE", ",") | indent(4) }}
        )
    )
    group by rule_name
),

counted as (
    select
        rule_catalogue.rule_name,
        rule_catalogue.rule_set,
        rule_catalogue.severity,
        rule_catalogue.category,
        rule_applicability.is_applicable,
        case when rule_applicability.is_applicable = 1 then population.transactions end
            as transactions,
        case when rule_applicability.is_applicable = 1 then population.fraudulent end
            as fraudulent,
        case when rule_applicability.is_applicable = 1 then population.legitimate end
            as legitimate,
        case
            when rule_applicability.is_applicable = 1
                then population.fraudulent + population.legitimate
        end as labelled,
        coalesce(per_rule.alerts, 0) as alerts,
        -- Without labels nobody knows which alerts are right: null, not 0.
        case
            when
                population.fraudulent + population.legitimate > 0
                and rule_applicability.is_applicable = 1
                then coalesce(per_rule.true_positives, 0)
        end as true_positives,
        case
            when
                population.fraudulent + population.legitimate > 0
                and rule_applicability.is_applicable = 1
                then coalesce(per_rule.false_positives, 0)
        end as false_positives
    from rule_catalogue
    cross join population
    inner join rule_applicability
        on rule_catalogue.rule_name = rule_applicability.rule_name
    left join per_rule
        on rule_catalogue.rule_name = per_rule.rule_name
)

select
    rule_name,
    rule_set,
    severity,
    category,
    cast(alerts as integer) as alerts,
    cast(true_positives as integer) as true_positives,
    cast(false_positives as integer) as false_positives,
    {{ ratio('true_positives', 'true_positives + false_positives') }} as precision,
    {{ wilson_bound('true_positives', 'false_positives', '-') }} as precision_low,
    {{ wilson_bound('true_positives', 'false_positives', '+') }} as precision_high,
    {{ ratio('true_positives', 'fraudulent') }} as recall,
    -- 2PR / (P + R) without its division by zero where a rule finds nothing
    {{ ratio('2 * true_positives', 'true_positives + false_positives + fraudulent') }} as f1,
    {{ ratio('true_positives * labelled', '(true_positives + false_positives) * fraudulent') }}
        as lift,
    {{ ratio('false_positives', 'legitimate') }} as false_positive_rate,
    {{ ratio('1000 * alerts', 'transactions') }} as alerts_per_1000,
    cast(alerts = 0 and is_applicable = 1 as tinyint) as is_dead,
    is_applicable
from counted
