-- How often each rule fires, how often it is right, and what only it finds.
select
    performance.rule_name,
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
