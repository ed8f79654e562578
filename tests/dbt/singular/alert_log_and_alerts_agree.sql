-- The log has as standing exactly the hits that there are. The sum of hashes shows whether a rule
-- has the same transactions on both sides. Only rules with different sums are compared row by row.
with standing as (
    select
        transaction_no,
        rule_name
    from {{ touched_only(ref('hit_log')) }}
    where withdrawn_build is null
),

fired as (
    select
        transaction_no,
        rule_name
    from {{ touched_only(ref('rule_hits')) }}
),

logged_sums as (
    select
        rule_name,
        count(*) as hits,
        sum(hash(transaction_no)) as hash_sum
    from standing
    group by rule_name
),

fired_sums as (
    select
        rule_name,
        count(*) as hits,
        sum(hash(transaction_no)) as hash_sum
    from fired
    group by rule_name
),

disagreeing as (
    select coalesce(fired_sums.rule_name, logged_sums.rule_name) as rule_name
    from fired_sums
    full outer join logged_sums
        on fired_sums.rule_name = logged_sums.rule_name
    where
        fired_sums.hits is distinct from logged_sums.hits
        or fired_sums.hash_sum is distinct from logged_sums.hash_sum
),

both_sides as (
    select
        transaction_no,
        rule_name,
        1 as hits,
        0 as in_log
    from fired

    union all

    select
        transaction_no,
        rule_name,
        0 as hits,
        1 as in_log
    from standing
)

select
    transaction_no,
    rule_name,
    sum(hits) as hits,
    sum(in_log) as in_log
from both_sides
where rule_name in (select disagreeing.rule_name from disagreeing)
group by transaction_no, rule_name
having sum(hits) != sum(in_log)
