-- What does the high-value rule miss within 20% below its threshold?
select
    if(transactions.amount > limits.high_value_transfer__amount, 'above', 'just below') as side,
    count(*) as transactions,
    sum(transactions.label) as fraudulent,
    round(100.0 * avg(transactions.label), 1) as fraud_percent
from transactions
cross join rule_thresholds as limits
where transactions.amount > 0.8 * limits.high_value_transfer__amount
group by side
order by side
