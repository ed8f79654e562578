-- Rules by alerts and precision
-- Precision is the share of fraud among a rule's alerts, recall the share of all fraud that it
-- finds, lift how many times better than chance it is. Alone: no other rule of the set fires.
select
    performance.rule_name,
    performance.rule_set,
    performance.category,
    performance.severity,
    performance.alerts,
    performance.precision,
    performance.precision_low,
    performance.precision_high,
    performance.recall,
    performance.lift,
    marginal.alerts_alone,
    marginal.fraud_alone,
    performance.is_dead,
    performance.is_applicable
from rule_performance as performance
inner join rule_marginal_value as marginal using (rule_name)
order by performance.precision desc nulls last, performance.alerts desc, performance.rule_name
