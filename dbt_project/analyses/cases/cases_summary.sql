-- The queue
with last_day as (
    select cast(max(timestamp) as date) as last_day from transactions
),

known_cases as (
    select
        count(*) as known_cases,
        count(*) filter (where status in ('confirmed', 'cleared')) as cases_decided,
        count(*) filter (where is_snoozed = 1) as cases_snoozed
    from cases
)

select
    count(case_queue.case_id) as waiting,
    count(case_queue.case_id) filter (where case_queue.status = 'escalated') as escalated,
    count(distinct case_queue.customer_id) as customers,
    count(case_queue.case_id) filter (
        where cast(case_queue.last_qualifying_at as date) = last_day.last_day
    ) as of_the_last_day,
    count(case_queue.case_id) filter (
        where case_queue.opened_at >= last_day.last_day - interval '6' day
    ) as opened_last_7d,
    any_value(last_day.last_day) as last_day,
    any_value(known_cases.known_cases) as known_cases,
    any_value(known_cases.cases_decided) as cases_decided,
    any_value(known_cases.cases_snoozed) as cases_snoozed
from last_day
cross join known_cases
left join case_queue on true
