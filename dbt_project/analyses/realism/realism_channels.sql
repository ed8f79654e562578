-- Channels
-- The shares of the channels are set, those of the types in them follow from amounts and moments.
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
