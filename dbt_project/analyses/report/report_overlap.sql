-- Rules that say the same
-- Transactions on which both rules fire, as a share of those on which either does. Dark pairs are
-- nearly one rule.
select
    rule_a,
    rule_b,
    transactions_both,
    jaccard
from rule_overlap
order by rule_a, rule_b
