-- Time between two rows
-- The dashed line shows accounts of the same mean activity whose rows come at random times. Real
-- rows come in bursts: the curve is below the line within a day and above it for long waits.
with gaps as (
    select
        sender_account_id,
        cast(epoch(timestamp) as bigint) - lag(cast(epoch(timestamp) as bigint)) over by_time as gap
    from transactions
    where
        coalesce(label, 0) = 0
        and sender_account_id not in (
            select account_id from accounts
            where is_dormant = 1 or is_inactive = 1
        )
    window by_time as (partition by sender_account_id order by timestamp, transaction_no)
    qualify gap is not null
),

lengths as (
    select
        gap,
        count(*) as waits
    from gaps
    group by gap
),

by_account as (
    select
        sender_account_id,
        avg(gap) as mean,
        stddev_samp(gap) as deviation,
        count(*) as waits
    from gaps
    group by sender_account_id
    having avg(gap) > 0
),

steps as (
    select 10 * pow(60 * 86400 / 10, unnest(range(60)) / 59) as seconds
),

found as (
    select
        steps.seconds,
        sum(lengths.waits) filter (where lengths.gap >= steps.seconds)
        / sum(lengths.waits) as proportion
    from steps
    cross join lengths
    group by steps.seconds
),

steady as (
    select
        steps.seconds,
        sum(by_account.waits * exp(-steps.seconds / by_account.mean))
        / sum(by_account.waits) as proportion
    from steps
    cross join by_account
    group by steps.seconds
)

select
    seconds / 3600 as hours,
    case when found.proportion > 0.00001 then found.proportion end as honest,
    case when steady.proportion > 0.00001 then steady.proportion end as expected,
    (
        select median((deviation - mean) / (deviation + mean)) from by_account
        where waits >= 20
    ) as burstiness
from found
inner join steady using (seconds)
order by hours
