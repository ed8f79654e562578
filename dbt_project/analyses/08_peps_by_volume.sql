-- Politically exposed persons with the largest volume within 30 days, over all their accounts.
select
    customer_id,
    any_value(occupation) as occupation,
    max(cust_total_amount_last_30d) as highest_30d_volume,
    max(cust_unique_accounts_30d) as accounts_used,
    sum(rule_trigger_count + network_trigger_count) as alerts
from transactions
where pep_flag = 1
group by customer_id
order by highest_30d_volume desc, customer_id
limit 5
