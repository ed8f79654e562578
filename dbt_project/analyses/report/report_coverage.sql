-- Coverage of the typologies
-- One alerted transaction is enough to find a scheme.
select
    fraud_type,
    transactions,
    best_rule,
    best_rule_recall,
    transaction_recall,
    transactions_uncovered,
    schemes,
    scheme_recall,
    is_uncovered
from typology_coverage
order by transaction_recall, fraud_type
