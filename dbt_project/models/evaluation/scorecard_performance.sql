-- How well two scores put fraud first: the priority, and the risk score of the rules. Only labelled
-- transactions of months with a scorecard count: no scorecard has seen the rows that it scores.
--
-- Transactions with equal scores are one step. Nothing depends on their order: a budget that ends
-- within a step takes from it the step's share of fraud.

with transactions as (
    select * from {{ ref('transactions') }}
),

scorecard as (
    select * from {{ ref('scorecard') }}
),

scored_months as (
    select distinct month from scorecard
),

-- Few rows are left: a count for each month and pair of scores.
counted as (
    select
        scored_months.month,
        transactions.priority_score,
        cast(100 * transactions.rule_risk_score as integer) as rule_risk_score,
        count(*) as labelled,
        count(*) filter (where transactions.label = 1) as fraudulent
    from transactions
    inner join scored_months
        on cast(date_trunc('month', transactions.timestamp) as date) = scored_months.month
    where transactions.label is not null
    group by
        scored_months.month,
        transactions.priority_score,
        transactions.rule_risk_score
),

in_long_form as (
    select
        month,
        score_name,
        score,
        labelled,
        fraudulent
    from counted
    unpivot (
        score for score_name in (priority_score, rule_risk_score)
    )
),

with_periods as (
    select
        cast(month as string) as period,
        score_name,
        score,
        labelled,
        fraudulent
    from in_long_form

    union all

    select
        'all months' as period,
        score_name,
        score,
        labelled,
        fraudulent
    from in_long_form
),

steps as (
    select
        period,
        score_name,
        score,
        cast(sum(labelled) as bigint) as labelled,
        cast(sum(fraudulent) as bigint) as fraudulent
    from with_periods
    group by period, score_name, score
),

cumulated as (
    select
        period,
        score_name,
        labelled,
        fraudulent,
        cast(sum(labelled) over from_the_top as bigint) as labelled_to_here,
        cast(sum(fraudulent) over from_the_top as bigint) as fraudulent_to_here,
        cast(sum(labelled) over whole_period as bigint) as all_labelled,
        cast(sum(fraudulent) over whole_period as bigint) as all_fraudulent
    from steps
    window
        whole_period as (partition by period, score_name),
        from_the_top as (
            partition by period, score_name
            order by score desc
            range between unbounded preceding and current row
        )
),

budgets as (
    select
        *,
        least(1000, all_labelled) as first_1000,
        cast(ceil(0.01 * all_labelled) as bigint) as first_percent
    from cumulated
),

-- Each step's part in the sums below. All whole numbers, so that no sum depends on its order. The
-- precision at a step is in billionths, and what a budget takes of a step in millionths.
parts as (
    select
        period,
        score_name,
        labelled,
        fraudulent,
        first_1000,
        first_percent,
        -- twice the pairs of a fraud of this step and an honest row: 2 for each below, 1 for a tie
        cast(fraudulent as decimal(38, 0)) * (
            2 * (all_labelled - all_fraudulent)
            - 2 * (labelled_to_here - fraudulent_to_here)
            + (labelled - fraudulent)
        ) as pairs_won,
        cast(fraudulent as decimal(38, 0)) * cast(
            round(
                1000000000 * cast(fraudulent_to_here as double) / cast(labelled_to_here as double)
            ) as bigint
        ) as precision_billionths,
        cast(
            round(
                1000000 * cast(fraudulent as double)
                * cast(
                    greatest(least(first_1000 - labelled_to_here + labelled, labelled), 0) as double
                ) / cast(labelled as double)
            ) as bigint
        ) as found_in_1000,
        cast(
            round(
                1000000 * cast(fraudulent as double)
                * cast(
                    greatest(least(first_percent - labelled_to_here + labelled, labelled), 0)
                    as double
                ) / cast(labelled as double)
            ) as bigint
        ) as found_in_percent
    from budgets
),

totals as (
    select
        period,
        score_name,
        sum(labelled) as labelled,
        sum(fraudulent) as fraudulent,
        sum(pairs_won) as pairs_won,
        sum(precision_billionths) as precision_billionths,
        sum(found_in_1000) as found_in_1000,
        sum(found_in_percent) as found_in_percent,
        max(first_1000) as first_1000,
        max(first_percent) as first_percent
    from parts
    group by period, score_name
)

select
    period,
    score_name,
    cast(labelled as bigint) as transactions,
    cast(fraudulent as bigint) as fraudulent,
    {{ ratio('pairs_won', '2 * fraudulent * (labelled - fraudulent)') }} as roc_auc,
    {{ ratio('precision_billionths', '1000000000 * fraudulent') }} as average_precision,
    {{ ratio('found_in_percent', '1000000 * first_percent') }} as precision_in_first_percent,
    {{ ratio('found_in_1000', '1000000 * first_1000') }} as precision_in_first_1000
from totals
