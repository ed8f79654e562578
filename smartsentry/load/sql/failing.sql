-- The rows that a failing macro makes something of, and the columns that it makes.
select
    line,
    concat_ws(', ', {differing}) as columns
from filled_1
full join filled_2 using (line)
where columns != ''
order by line
