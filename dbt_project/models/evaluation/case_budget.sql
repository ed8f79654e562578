-- What a team finds that looks at the first `cases_per_day` cases of each day's queue, in three
-- orders. Chance is a hash of case and day: fixed, and independent of all that is known.

with case_days as (
    select * from {{ ref('case_days') }}
),

days as (
    select * from {{ ref('days') }}
),

case_transactions as (
    select * from {{ ref('case_transactions') }}
),

scheme_transactions as (
    select * from {{ ref('scheme_transactions') }}
),

orders as (
    select 'priority' as review_order
    union all
    select 'rule_risk_score' as review_order
    union all
    select 'chance' as review_order
),

ranked as (
    select
        orders.review_order,
        case_days.case_id,
        case_days.day,
        case_days.holds_fraud,
        row_number() over (
            partition by orders.review_order, case_days.day
            order by
                case orders.review_order when 'priority' then case_days.priority end desc,
                case orders.review_order
                    when 'rule_risk_score' then case_days.highest_rule_risk_score
                end desc,
                case orders.review_order
                    when 'chance'
                        then md5(case_days.case_id || ' ' || cast(case_days.day as string))
                end asc,
                case_days.opened_at asc,
                case_days.case_id asc
        ) as place
    from case_days
    cross join orders
),

reviewed as (
    select * from ranked
    where place <= {{ worklist_bound('cases_per_day') }}
),

scheme_rows as (
    select
        case_transactions.case_id,
        cast(case_transactions.timestamp as date) as day,
        scheme_transactions.scheme_id
    from case_transactions
    inner join scheme_transactions
        on case_transactions.transaction_no = scheme_transactions.transaction_no
    where case_transactions.membership = 'qualifying'
),

-- The day on which a reviewed case first shows a transaction of the scheme.
found_schemes as (
    select
        reviewed.review_order,
        scheme_rows.scheme_id,
        min(reviewed.day) as day
    from reviewed
    inner join scheme_rows
        on
            reviewed.case_id = scheme_rows.case_id
            and reviewed.day >= scheme_rows.day
    group by reviewed.review_order, scheme_rows.scheme_id
),

schemes_per_day as (
    select
        review_order,
        day,
        count(*) as schemes_found
    from found_schemes
    group by review_order, day
),

queues as (
    select
        day,
        count(*) as queued
    from case_days
    group by day
),

reviews as (
    select
        review_order,
        day,
        count(*) as reviewed,
        count(holds_fraud) as judged,
        sum(holds_fraud) as fraudulent
    from reviewed
    group by review_order, day
)

select
    orders.review_order,
    days.date_day as day,
    cast(coalesce(queues.queued, 0) as integer) as queued_cases,
    cast(coalesce(reviews.reviewed, 0) as integer) as reviewed_cases,
    cast(reviews.fraudulent as integer) as fraudulent_cases,
    {{ ratio('reviews.fraudulent', 'reviews.judged') }} as precision,
    cast(
        case when reviews.judged > 0 then coalesce(schemes_per_day.schemes_found, 0) end as integer
    ) as schemes_found
from days
cross join orders
left join queues
    on days.date_day = queues.day
left join reviews
    on
        orders.review_order = reviews.review_order
        and days.date_day = reviews.day
left join schemes_per_day
    on
        orders.review_order = schemes_per_day.review_order
        and days.date_day = schemes_per_day.day
