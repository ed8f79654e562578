-- Volume and alerts per day
-- Transactions, the money they move, and their alerts. One transaction may trigger several rules.
select
    date,
    count(*) as transactions,
    sum(amount) as amount,
    sum(rule_trigger_count + network_trigger_count) as alerts
from transactions
group by date
order by date
