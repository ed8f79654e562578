-- Rules by the lift that they lose
-- The rule whose lift falls most from A to B comes first. n/a: the data lack what the rule looks
-- at. -: nothing is known, as without labels.

-- Lift says what a rule loses, not precision: the share of fraud differs between data sets.
select
    rule_name,
    a.alerts_per_1000 as alerts_per_1000_a,
    b.alerts_per_1000 as alerts_per_1000_b,
    a.precision as precision_a,
    b.precision as precision_b,
    a.recall as recall_a,
    b.recall as recall_b,
    a.lift as lift_a,
    b.lift as lift_b,
    a.is_applicable as is_applicable_a,
    b.is_applicable as is_applicable_b,
    b.lift - a.lift as lift_change
from a.main.rule_performance as a
full join b.main.rule_performance as b using (rule_name)
order by lift_change nulls last, rule_name
