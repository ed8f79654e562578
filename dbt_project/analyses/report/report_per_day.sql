-- Volume and alerts per day
-- Transactions, the money that they move, and the alerts on them; one transaction may alert by
-- several rules.
select
    date,
    count(*) as transactions,
    sum(amount) as amount,
    sum(rule_trigger_count) as alerts
from transactions
group by date
order by date
