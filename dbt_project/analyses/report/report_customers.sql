-- Customers to look at first
-- By the highest score of a transaction, then by alerts. case_file('…') shows one in full.
with moved as (
    select
        customer_id,
        sum(amount) as amount
    from transactions
    group by customer_id
)

select
    risk.customer_id,
    customers.customer_risk_rating,
    customers.occupation,
    customers.pep_flag,
    risk.accounts,
    risk.transactions,
    moved.amount,
    risk.alerts,
    risk.last_alert_at,
    risk.highest_rule_risk_score
from customer_risk as risk
inner join customers using (customer_id)
left join moved using (customer_id)
order by risk.highest_rule_risk_score desc nulls last, risk.alerts desc, risk.customer_id
limit 20
