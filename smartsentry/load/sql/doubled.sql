select
    line,
    count(*) as times
from batch
group by line
having count(*) > 1
order by line
limit 1
