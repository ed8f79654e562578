insert into raw.customers (customer_id)
select distinct customer_id
from raw.accounts
order by customer_id
