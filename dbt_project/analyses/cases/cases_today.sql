-- New today
-- The waiting cases with a qualifying transaction on the last day of the data. Each has a page.
select
    queue_position,
    case_id,
    priority,
    customer_id,
    main_reasons,
    opened_at,
    last_qualifying_at,
    amount_in,
    amount_out,
    status,
    decision
from case_queue
where
    cast(last_qualifying_at as date) = (
        select cast(max(transactions.timestamp) as date) from transactions
    )
order by queue_position
