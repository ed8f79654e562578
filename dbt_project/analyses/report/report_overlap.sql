-- Which rules fire on the same transactions.
select
    rule_a,
    rule_b,
    transactions_both,
    jaccard
from rule_overlap
order by rule_a, rule_b
