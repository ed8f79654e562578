-- Why did the first of them alert? One sentence a rule, with the value it saw and its threshold.
select
    rule_name,
    severity,
    reason
from alerts
where transaction_id = 'T341748'
order by severity desc, rule_name
limit 3
