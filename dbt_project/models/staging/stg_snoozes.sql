select
    snooze_no,
    snoozed_rule,
    customer_id,
    snoozed_from,
    snoozed_until,
    snooze_owner,
    snooze_reason,
    input_line
from {{ source('raw', 'snoozes') }}
