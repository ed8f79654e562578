-- What to look at, best first: the cases that nobody has closed and no snooze hides.

with cases as (
    select * from {{ ref('cases') }}
)

select
    cast(row_number() over (order by priority desc, opened_at asc, case_id asc) as integer)
        as queue_position,
    case_id,
    priority,
    customer_id,
    main_reasons,
    opened_at,
    last_qualifying_at,
    qualifying_transactions,
    alerts,
    distinct_rules,
    amount_in,
    amount_out,
    worst_severity,
    accounts,
    counterparties,
    status,
    decision,
    decided_at
from cases
where
    status in ('open', 'escalated')
    and is_snoozed = 0
