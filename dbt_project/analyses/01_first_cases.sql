-- Which cases should be looked at first?
select
    case_id,
    customer_id,
    priority,
    opened_at,
    qualifying_transactions as transactions,
    amount_in,
    amount_out
from case_queue
order by queue_position
limit 3
