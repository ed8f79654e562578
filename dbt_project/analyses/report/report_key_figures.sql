-- The figures at the top.
select
    min(date) as first_day,
    max(date) as last_day,
    count(*) as transactions,
    sum(amount) as amount,
    count(distinct customer_id) as customers,
    sum(rule_trigger_count + network_trigger_count) as alerts,
    count(*) filter (where rule_trigger_count + network_trigger_count > 0) as alerted_transactions,
    count(label) as labelled,
    count(*) filter (where label = 1) as fraudulent,
    count(*) filter (where label = 1 and rule_trigger_count + network_trigger_count > 0)
        as fraudulent_alerted,
    (select count(*) from rule_catalogue) as rules
from transactions
