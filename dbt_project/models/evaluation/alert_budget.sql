-- What a team finds if it reviews only the transactions with the highest risk score. Among equal
-- scores the lower transaction number comes first, which says nothing about the label.

-- Read twice, each time for different columns.
with transactions as {{ not_materialized() }} (
    select * from {{ ref('transactions') }}
),

population as (
    select
        count(*) as transactions,
        count(*) filter (where label = 1) as fraudulent
    from transactions
),

budgets as (
    select
        'top 100' as budget,
        100 as positions
    union all
    select
        'top 1,000' as budget,
        1000 as positions
    union all
    select
        'top 10,000' as budget,
        10000 as positions
    union all
    select
        'top 1%' as budget,
        cast(ceil(0.01 * transactions) as integer) as positions
    from population
),

ranked as (
    select
        label,
        rule_risk_score,
        row_number() over (order by rule_risk_score desc, transaction_no asc) as position
    from transactions
),

reviewed as (
    select
        budgets.budget,
        count(*) as transactions,
        min(ranked.rule_risk_score) as lowest_score,
        count(ranked.label) as labelled,
        count(*) filter (where ranked.label = 1) as true_positives
    from ranked
    inner join budgets
        on ranked.position <= budgets.positions
    group by budgets.budget
)

select
    reviewed.budget,
    cast(reviewed.transactions as integer) as transactions,
    reviewed.lowest_score,
    cast(case when reviewed.labelled > 0 then reviewed.true_positives end as integer)
        as true_positives,
    {{ ratio('reviewed.true_positives', 'reviewed.labelled') }} as precision,
    {{ ratio('reviewed.true_positives', 'population.fraudulent') }} as recall
from reviewed
cross join population
