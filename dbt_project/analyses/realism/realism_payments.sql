-- Payment systems
-- The type of a payment follows from its amount, its channel and its moment. Honest and criminal
-- rows keep the same limits.
select
    channel,
    transaction_type,
    count(*) as transactions,
    count(*) / sum(count(*)) over () as proportion,
    min(amount) as smallest,
    median(amount) as median,
    avg(amount) as mean,
    max(amount) as largest
from transactions
group by channel, transaction_type
order by channel, transactions desc
