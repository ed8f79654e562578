-- How much happens on a day, and how much of it alerts.
select
    date,
    count(*) as transactions,
    sum(amount) as amount,
    sum(rule_trigger_count) as alerts
from transactions
group by date
order by date
