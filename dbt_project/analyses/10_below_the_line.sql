-- Below the line: what does the high-value rule miss just under its threshold?
select
    case
        when transactions.amount > limits.high_value_transfer__amount then 'above the line'
        else 'up to 20% below'
    end as side,
    count(*) as transactions,
    sum(transactions.label) as fraudulent,
    round(100.0 * avg(transactions.label), 1) as fraud_percent
from transactions
cross join rule_thresholds as limits
where transactions.amount > 0.8 * limits.high_value_transfer__amount
group by side
order by side
