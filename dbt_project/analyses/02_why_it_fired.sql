-- Why did the worst of them alert? The rules that fired, with the thresholds in force.
select
    alerts.rule_name,
    alerts.severity,
    catalogue.thresholds
from alerts
inner join rule_catalogue as catalogue using (rule_name)
where
    alerts.transaction_id = (
        select transaction_id
        from transactions
        order by rule_risk_score desc, weighted_rule_score desc, transaction_no
        limit 1
    )
order by alerts.severity desc, alerts.rule_name
limit 8
