-- How the order comes about
select
    count(*) as months,
    count(*) filter (where is_fallback = 1) as months_without_outcomes,
    min(month) filter (where is_fallback = 0) as first_learnt_month
from case_lines
