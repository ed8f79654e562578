-- The daily review
-- A team looks at the first cases of each day's queue, in one of three orders: what share of them
-- holds fraud, and how many schemes it comes upon. Intervals are 95%.
select
    review_order,
    days,
    reviewed_cases,
    fraudulent_cases,
    precision_mean,
    precision_low,
    precision_high,
    schemes_a_day_mean,
    schemes_a_day_low,
    schemes_a_day_high
from case_budget_means
order by precision_mean desc nulls last, review_order
