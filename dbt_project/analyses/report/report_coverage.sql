-- Coverage of the typologies
-- One alerted transaction is enough to find a scheme. Lift is how many times more often the set
-- fires on the typology than on honest rows. What no rule finds clearly more often than chance is
-- uncovered.
select
    rule_set,
    fraud_type,
    transactions,
    best_rule,
    best_rule_recall,
    transaction_recall,
    honest_alert_rate,
    lift,
    transactions_uncovered,
    schemes,
    scheme_recall,
    is_uncovered
from typology_coverage
order by rule_set desc, transaction_recall, fraud_type
