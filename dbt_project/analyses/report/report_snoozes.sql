-- Snoozes and what they hid
-- A snooze hides from the queue and deletes nothing. The fraud among what it hid is its price.
select
    snoozed_rule,
    customer_id,
    snoozed_from,
    snoozed_until,
    snooze_owner,
    snooze_reason,
    hidden_alerts,
    hidden_cases,
    fraudulent_transactions,
    fraud_share
from snooze_cost
order by snooze_no
