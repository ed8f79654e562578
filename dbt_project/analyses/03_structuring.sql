-- Structuring: who brought cash just under 10,000 three times or more within a week?
select
    customer_id,
    sender_account_id,
    count(*) as deposits,
    sum(amount) as cash_in,
    min(timestamp)::date as first_day,
    max(timestamp)::date as last_day
from transactions
where rule_structuring_pattern = 1 and debit_credit = 'credit'
group by customer_id, sender_account_id, time_bucket(interval 7 days, timestamp)
having count(*) >= 3
order by cash_in desc, sender_account_id
limit 5
