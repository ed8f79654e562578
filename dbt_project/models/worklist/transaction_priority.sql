{%- set points_of_a_severity = 8 -%}

-- The priority of each transaction by the scorecard of its month, and what the next month's
-- scorecard would say of it, from which that month's case line follows.

with patterns as (
    select * from {{ ref('rule_patterns') }}
),

scorecard as (
    select * from {{ ref('scorecard') }}
),

months as (
    select
        score_month,
        lead(score_month) over (order by score_month) as next_month
    from (select distinct score_month from patterns) as distinct_months
),

scored_months as (
    select distinct month as score_month from scorecard
),

-- By month, group and pattern: its points in this month and in the next.
points_of_both as (
    select
        month as row_month,
        score_group,
        pattern,
        points,
        0 as next_points
    from scorecard

    union all

    select
        months.score_month as row_month,
        scorecard.score_group,
        scorecard.pattern,
        0 as points,
        scorecard.points as next_points
    from scorecard
    inner join months
        on scorecard.month = months.next_month
),

looked_up as (
    select
        row_month,
        score_group,
        pattern,
        sum(points) as points,
        sum(next_points) as next_points
    from points_of_both
    group by row_month, score_group, pattern
),

-- A pattern that the scorecard does not know has 0 points.
summed as (
    select
        patterns.transaction_no,
        patterns.score_month,
        patterns.weighted_rule_score,
        {{ each_score_group("coalesce(of_GROUP.points, 0)", " +") | indent(4) }} as points,
        {{ each_score_group("coalesce(of_GROUP.next_points, 0)", " +") | indent(4) }} as next_points
    from patterns
    {{ each_score_group(
        "left join looked_up as of_GROUP\n        on\n            patterns.score_month = of_GROUP.row_month"
        ~ "\n            and patterns.GROUP = of_GROUP.pattern"
        ~ "\n            and of_GROUP.score_group = 'GROUP'",
        ""
    ) }}
)

select
    summed.transaction_no,
    summed.score_month,
    months.next_month,
    cast(
        case
            when this_month.score_month is not null then summed.points
            else {{ points_of_a_severity }} * summed.weighted_rule_score
        end as integer
    ) as priority_score,
    cast(
        case
            when next_month.score_month is not null then summed.next_points
            else {{ points_of_a_severity }} * summed.weighted_rule_score
        end as integer
    ) as next_score
from summed
inner join months
    on summed.score_month = months.score_month
left join scored_months as this_month
    on summed.score_month = this_month.score_month
left join scored_months as next_month
    on months.next_month = next_month.score_month
