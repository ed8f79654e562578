-- What each rule finds of each typology
-- How many times more often the rule fires on the typology than on honest rows. White is chance or
-- less, the darkest shade 100 times and more. Rules by set and category.
select
    recall.rule_name,
    recall.fraud_type,
    case
        when recall.honest_alert_rate = 0 and recall.transactions_found > 0 then 100
        else greatest(least(recall.lift, 100), 1)
    end as lift,
    performance.category
from rule_typology_recall as recall
inner join rule_performance as performance using (rule_name)
order by performance.rule_set desc, performance.category, recall.rule_name, recall.fraud_type
