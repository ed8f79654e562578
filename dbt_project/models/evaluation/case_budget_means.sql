-- The daily review over all days that can be judged: means with 95% intervals.

with case_budget as (
    select * from {{ ref('case_budget') }}
),

-- Exact sums, and of the squares too: only then does one fixed chain of doubles follow.
sums as (
    select
        review_order,
        count(precision) as days,
        sum(reviewed_cases) as reviewed_cases,
        sum(fraudulent_cases) as fraudulent_cases,
        cast(sum(precision) as decimal(14, 4)) as precision_sum,
        cast(
            sum(cast(precision as decimal(9, 4)) * cast(precision as decimal(9, 4)))
            as decimal(20, 8)
        ) as precision_squares,
        cast(sum(schemes_found) as decimal(14, 0)) as schemes_sum,
        cast(sum(cast(schemes_found as bigint) * schemes_found) as decimal(20, 0))
            as schemes_squares
    from case_budget
    group by review_order
)

select
    review_order,
    cast(days as integer) as days,
    cast(reviewed_cases as integer) as reviewed_cases,
    cast(fraudulent_cases as integer) as fraudulent_cases,
    {{ mean_of('days', 'precision_sum') }} as precision_mean,
    {{ mean_bound('days', 'precision_sum', 'precision_squares', '-') }} as precision_low,
    {{ mean_bound('days', 'precision_sum', 'precision_squares', '+') }} as precision_high,
    cast(schemes_sum as integer) as schemes_found,
    {{ mean_of('days', 'schemes_sum') }} as schemes_a_day_mean,
    {{ mean_bound('days', 'schemes_sum', 'schemes_squares', '-') }} as schemes_a_day_low,
    {{ mean_bound('days', 'schemes_sum', 'schemes_squares', '+') }} as schemes_a_day_high
from sums
