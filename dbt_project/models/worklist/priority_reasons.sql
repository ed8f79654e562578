{{ config(
    materialized='table_function',
    parameters=['asked'],
    persist_docs={'relation': target.type == 'spark', 'columns': false},
    post_hook="{{ comment_on_table_macro() }}",
) }}

-- What the priority of a transaction is made of. The parameter `asked` is a transaction.

with transactions as (
    select * from {{ same_file(ref('transactions')) }}
),

patterns as (
    select * from {{ same_file(ref('rule_patterns')) }}
),

scorecard as (
    select * from {{ same_file(ref('scorecard')) }}
),

case_lines as (
    select * from {{ same_file(ref('case_lines')) }}
),

asked_about as (
    select
        patterns.*,
        transactions.priority_score,
        case_lines.is_fallback
    from transactions
    inner join patterns
        on transactions.transaction_no = patterns.transaction_no
    inner join case_lines
        on patterns.score_month = case_lines.month
    where transactions.transaction_id = upper(asked) -- noqa: RF02
),

found as (
    select count(*) as matches from asked_about
),

by_group as (
    select
        score_month,
        is_fallback,
        score_group,
        pattern
    from asked_about
    unpivot (
        pattern for score_group in (
            {{ each_score_group("GROUP", ",") | indent(8) }}
        )
    )
),

reasons as (
    select
        by_group.score_month,
        by_group.score_group,
        {{ fired_rules('by_group.score_group', 'by_group.pattern') | indent(8) }} as fired_rules,
        coalesce(scorecard.points, 0) as points,
        coalesce(scorecard.known_rows, 0) as known_rows,
        coalesce(scorecard.known_frauds, 0) as known_frauds
    from by_group
    left join scorecard
        on
            by_group.score_month = scorecard.month
            and by_group.score_group = scorecard.score_group
            and by_group.pattern = scorecard.pattern
    where by_group.is_fallback = 0

    union all

    select
        score_month,
        'no scorecard' as score_group,
        'the severities of the notebook rules that fired add up to '
        || cast(weighted_rule_score as string) as fired_rules,
        priority_score as points,
        0 as known_rows,
        0 as known_frauds
    from asked_about
    where is_fallback = 1
)

select
    reasons.score_month as month,
    reasons.score_group,
    reasons.fired_rules,
    reasons.points,
    reasons.known_rows,
    reasons.known_frauds
from found
left join reasons on true
where
    {{ refuse_none(
        'found.matches', 'transaction', 'a transaction_id of the table transactions'
    ) }}
order by reasons.points desc, reasons.score_group asc
