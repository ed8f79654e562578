-- Honest rows on each day.
select
    date,
    count(*) as transactions
from transactions
where coalesce(label, 0) = 0
group by date
order by date
