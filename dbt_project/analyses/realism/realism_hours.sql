-- Hour of the day
-- The dashed line is the specification's daytime profile, which the honest rows lie on.
with counted as (
    select
        hour,
        count(*) filter (where coalesce(label, 0) = 0) as honest,
        count(*) filter (where label = 1) as criminal
    from transactions
    group by hour
),

weights as (
    select
        unnest(range(24)) as hour,
        unnest(cast(config -> '$.behaviour.honest_hours' as double[])) as weight
    from raw.generation_run
),

shares as (
    select
        weights.hour,
        coalesce(counted.honest, 0) / sum(counted.honest) over () as honest,
        coalesce(counted.criminal, 0) / nullif(sum(counted.criminal) over (), 0) as criminal,
        weights.weight / sum(weights.weight) over () as expected
    from weights
    left join counted using (hour)
)

select
    hour,
    honest,
    criminal,
    expected,
    100 * max(abs(honest - expected)) over () as points_apart,
    sum(honest) filter (where hour >= 22 or hour < 6) over () as honest_at_night,
    sum(criminal) filter (where hour >= 22 or hour < 6) over () as criminal_at_night
from shares
order by hour
