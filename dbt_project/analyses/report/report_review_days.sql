-- The daily review, day by day
-- The share of the reviewed cases that hold fraud. Where a line is broken, the day had no case that
-- can be judged.
select
    day,
    review_order,
    queued_cases,
    reviewed_cases,
    fraudulent_cases,
    precision,
    schemes_found
from case_budget
order by day, review_order
