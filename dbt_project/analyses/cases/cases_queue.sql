-- The first cases
-- Open and escalated cases that no snooze hides, best first. A transaction qualifies if its
-- priority score is above the line of its month. What happened is the strongest transaction of the
-- case. In and out are the amounts of the qualifying transactions.
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
order by queue_position
