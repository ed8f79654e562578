-- Why is the first of them there? One sentence a rule, with the value it saw and its threshold.
select
    rule_name,
    severity,
    reason
from alerts
where transaction_id = 'T1047682' -- `cases.main_reasons` names it
order by severity desc, rule_name
limit 3
