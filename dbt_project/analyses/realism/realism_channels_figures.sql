-- The amount of an honest UPI payment in rupees.
select
    avg(amount) as mean,
    median(amount) as median
from transactions
where coalesce(label, 0) = 0 and transaction_type = 'UPI'
