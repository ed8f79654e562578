-- The log has as standing exactly the hits that there are.
with standing as (
    select
        transaction_no,
        rule_name
    from {{ touched_only(ref('hit_log')) }}
    where withdrawn_build is null
)

select
    coalesce(rule_hits.transaction_no, standing.transaction_no) as transaction_no,
    coalesce(rule_hits.rule_name, standing.rule_name) as rule_name
from {{ touched_only(ref('rule_hits')) }} as rule_hits
full join standing
    on
        rule_hits.transaction_no = standing.transaction_no
        and rule_hits.rule_name = standing.rule_name
where rule_hits.transaction_no is null or standing.transaction_no is null
