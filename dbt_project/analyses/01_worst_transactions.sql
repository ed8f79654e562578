-- Which transactions should be looked at first?
select
    transaction_id,
    customer_id,
    timestamp,
    amount,
    rule_trigger_count as rules_fired,
    max_rule_severity as worst_severity,
    rule_risk_score
from transactions
order by rule_risk_score desc, weighted_rule_score desc, transaction_no
limit 3
