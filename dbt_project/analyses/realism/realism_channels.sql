-- Channels and UPI
-- The shares of the channels are the specification's. So are the amounts, which makes a UPI
-- payment larger here than in India: the specification sets amounts by the customer's KYC level,
-- not by the kind of payment, and only a few micro payments bring them down.
with counted as (
    select
        channel,
        count(*) as transactions
    from transactions
    where coalesce(label, 0) = 0
    group by channel
)

select
    counted.channel,
    counted.transactions / sum(counted.transactions) over () as proportion,
    cast(run.config ->> concat('$.behaviour.channels.', counted.channel) as double) as specified
from counted
cross join raw.generation_run as run
order by proportion desc
