-- The log has as standing exactly the hits that there are. The sum of hashes shows whether a rule
-- has the same transactions on both sides.
with standing as (
    select
        rule_name,
        count(*) as hits,
        sum(hash(transaction_no)) as hash_sum
    from {{ touched_only(ref('hit_log')) }}
    where withdrawn_build is null
    group by rule_name
),

fired as (
    select
        rule_name,
        count(*) as hits,
        sum(hash(transaction_no)) as hash_sum
    from {{ touched_only(ref('rule_hits')) }}
    group by rule_name
)

select
    coalesce(fired.rule_name, standing.rule_name) as rule_name,
    fired.hits,
    standing.hits as standing_hits
from fired
full join standing
    on fired.rule_name = standing.rule_name
where
    fired.hits is distinct from standing.hits
    or fired.hash_sum is distinct from standing.hash_sum
