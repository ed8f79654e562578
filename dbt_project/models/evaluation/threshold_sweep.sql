-- What each rule would have found with another threshold, from half to double the one in force. The
-- rule lines run with moved thresholds; a rule counts only where one of its own has moved.

with transactions as (
    select * from {{ ref('transactions') }}
),

threshold_steps as (
    select * from {{ ref('threshold_steps') }}
),

rule_performance as (
    select * from {{ ref('rule_performance') }}
),

population as (
    select count(*) as fraudulent
    from transactions
    where label = 1
),

counts_per_rule as (
    select
        scenario,
        rule_name,
        sum(alerts) as alerts,
        sum(true_positives) as true_positives,
        sum(false_positives) as false_positives
    from {{ ref('threshold_counts') }}
    group by scenario, rule_name
),

-- Several factors move a small whole number to the same value: one row is enough.
steps as (
    select *
    from threshold_steps
    qualify row_number() over (
        partition by rule_name, input_name, threshold_value
        order by abs(factor - 1) asc, factor asc
    ) = 1
),

joined as (
    select
        steps.rule_name,
        steps.rule_set,
        steps.input_name,
        steps.factor,
        steps.threshold_value,
        population.fraudulent,
        coalesce(counts_per_rule.alerts, 0) as alerts,
        coalesce(counts_per_rule.false_positives, 0) as false_positives,
        -- Null without labels, like the rule's true positives.
        case
            when rule_performance.true_positives is not null
                then coalesce(counts_per_rule.true_positives, 0)
        end as true_positives
    from steps
    cross join population
    left join counts_per_rule
        on
            steps.scenario = counts_per_rule.scenario
            and steps.rule_name = counts_per_rule.rule_name
    inner join rule_performance
        on steps.rule_name = rule_performance.rule_name
)

select
    rule_name,
    rule_set,
    input_name,
    cast(factor as decimal(18, 4)) as factor,
    threshold_value,
    cast(factor = 1 as tinyint) as is_in_force,
    cast(alerts as integer) as alerts,
    cast(true_positives as integer) as true_positives,
    {{ ratio('true_positives', 'true_positives + false_positives') }} as precision,
    {{ ratio('true_positives', 'fraudulent') }} as recall
from joined
