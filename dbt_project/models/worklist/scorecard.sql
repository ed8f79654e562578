{%- set most_points = 1000 -%} {#- e^10 times the odds of all rows -#}
{%- set delay = "interval '" ~ worklist_bound("outcome_delay_days") ~ "' day" -%}
{%- set prior = "cast(" ~ worklist_bound("scorecard_prior_rows") ~ " as double)" -%}

-- For each month, what each pattern of fired rules says about the odds of fraud, learnt from the
-- outcomes that were known when the month began.

with patterns as (
    select * from {{ ref('rule_patterns') }}
),

known_outcomes as (
    select * from {{ ref('known_outcomes') }}
),

months as (
    select distinct score_month from patterns
),

-- An outcome teaches from the first month that begins after it was known and the delay has passed,
-- until another took its place in the same way. Few rows are left: a count for each combination of
-- patterns.
taught as (
    select
        greatest(
            patterns.score_month,
            cast(date_trunc('month', known_outcomes.known_at + {{ delay }}) as date)
        ) as known_month,
        cast(date_trunc('month', known_outcomes.known_until + {{ delay }}) as date) as last_month,
        {{ each_score_group("patterns.GROUP", ",") }},
        count(*) as known_rows,
        count(*) filter (where known_outcomes.is_fraud = 1) as known_frauds
    from patterns
    inner join known_outcomes
        on patterns.transaction_no = known_outcomes.transaction_no
    group by
        known_month,
        last_month,
        {{ each_score_group("patterns.GROUP", ",") }}
),

by_group as (
    select
        known_month,
        last_month,
        score_group,
        pattern,
        known_rows,
        known_frauds
    from taught
    unpivot (
        pattern for score_group in (
            {{ each_score_group("GROUP", ",") }}
        )
    )
),

known_by_month as (
    select
        months.score_month,
        by_group.score_group,
        by_group.pattern,
        cast(sum(by_group.known_rows) as bigint) as known_rows,
        cast(sum(by_group.known_frauds) as bigint) as known_frauds
    from by_group
    inner join months
        on
            by_group.known_month < months.score_month
            and coalesce(by_group.last_month >= months.score_month, true)
    group by
        months.score_month,
        by_group.score_group,
        by_group.pattern
),

-- Every row has one pattern of each group, so a group's patterns add up to all rows.
with_totals as (
    select
        score_month,
        score_group,
        pattern,
        known_rows,
        known_frauds,
        cast(known_rows as double) as n,
        cast(known_frauds as double) as f,
        cast(sum(known_rows) over (partition by score_month, score_group) as double) as all_n,
        cast(sum(known_frauds) over (partition by score_month, score_group) as double) as all_f
    from known_by_month
),

-- The odds of fraud with the pattern over the odds of all rows. The rows of the prior are added to
-- the pattern's own, with the share of fraud that all rows have, which draws a rare pattern to 1.
--
-- A fixed chain of + - * / on doubles, which gives the same bits everywhere. A month that knows no
-- fraud, or nothing else, has no scorecard.
odds as (
    select
        score_month,
        score_group,
        pattern,
        known_rows,
        known_frauds,
        (f + {{ prior }} * all_f / all_n)
        / (n - f + {{ prior }} * (all_n - all_f) / all_n)
        / (all_f / (all_n - all_f)) as odds_ratio
    from with_totals
    where
        all_f > 0
        and all_f < all_n
),

-- A logarithm may differ between engines in its last bit. So the points are the number of steps
-- that the ratio reaches, and the steps, with six decimals, are the same everywhere.
numbers as (
    select {{ unnest(sequence(1, most_points)) }} as step
),

steps as (
    select cast(exp(cast(step as double) / 100) as decimal(18, 6)) as least_ratio
    from numbers
),

reached as (
    select
        odds.score_month,
        odds.score_group,
        odds.pattern,
        odds.known_rows,
        odds.known_frauds,
        count(*) filter (where odds.odds_ratio >= steps.least_ratio) as steps_up,
        count(*) filter (where 1 / odds.odds_ratio >= steps.least_ratio) as steps_down
    from odds
    cross join steps
    group by
        odds.score_month,
        odds.score_group,
        odds.pattern,
        odds.known_rows,
        odds.known_frauds
)

select
    score_month as month,
    score_group,
    cast(pattern as integer) as pattern,
    {{ fired_rules('score_group', 'pattern') | indent(4) }} as fired_rules,
    known_rows,
    known_frauds,
    cast(steps_up - steps_down as integer) as points
from reached
