-- First digits
-- Not set from the law, but amounts over several orders of magnitude follow it.
with counted as (
    select
        cast(substr(ltrim(cast(amount as varchar), '0.'), 1, 1) as integer) as digit,
        count(*) as found
    from transactions
    where coalesce(label, 0) = 0
    group by all
),

compared as (
    select
        digit,
        found / sum(found) over () as honest,
        log10(1 + 1 / digit) as expected
    from counted
)

select
    digit,
    honest,
    expected,
    100 * max(abs(honest - expected)) over () as points_apart
from compared
order by digit
