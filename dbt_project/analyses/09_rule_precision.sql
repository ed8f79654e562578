-- Which rules are right most often? (Needs labels; ground truth is for judging, not for rules.)
select
    alerts.rule_name,
    count(*) as alerts,
    sum(transactions.label) as confirmed,
    round(100.0 * sum(transactions.label) / count(*), 1) as precision_percent
from alerts
inner join transactions using (transaction_id)
group by alerts.rule_name
having count(*) >= 100
order by precision_percent desc, alerts.rule_name
limit 5
