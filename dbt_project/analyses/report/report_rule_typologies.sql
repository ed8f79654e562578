-- What each rule finds of each typology
-- The share of a typology's transactions on which the rule fires. Rules by category.
select
    recall.rule_name,
    recall.fraud_type,
    recall.transaction_recall,
    performance.category
from rule_typology_recall as recall
inner join rule_performance as performance using (rule_name)
order by performance.category, recall.rule_name, recall.fraud_type
