-- One case
with own_rows as (
    select count(*) as transactions
    from case_transactions
    where case_id = 'K1'
),

queue as (
    select count(*) as waiting from case_queue
),

last_day as (
    select cast(max(timestamp) as date) as data_until from transactions
),

money as (
    select
        min(shown_from) as shown_from,
        count(*) filter (where direction = 'in') as payments_in,
        count(*) filter (where direction = 'out') as payments_out,
        coalesce(sum(amount) filter (where direction = 'in'), 0) as money_in,
        coalesce(sum(amount) filter (where direction = 'out'), 0) as money_out
    from case_money('K1')
)

select
    case_queue.queue_position,
    queue.waiting,
    cases.customer_id,
    cases.main_reasons,
    cases.priority,
    cases.highest_priority_score,
    cases.opened_at,
    cases.last_qualifying_at,
    cases.qualifying_transactions,
    own_rows.transactions,
    cases.alerts,
    cases.distinct_rules,
    cases.worst_severity,
    cases.amount_in,
    cases.amount_out,
    money.shown_from,
    money.payments_in,
    money.payments_out,
    money.money_in,
    money.money_out,
    cases.accounts,
    cases.counterparties,
    cases.status,
    cases.decision,
    cases.decided_by,
    cases.decided_at,
    last_day.data_until
from cases
inner join case_queue using (case_id)
cross join own_rows
cross join queue
cross join last_day
cross join money
where cases.case_id = 'K1'
