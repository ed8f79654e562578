insert into raw.generation_run (
    window_start, window_end, time_precision, config, package_version, row_counts
)
select
    coalesce($start, min("timestamp")::date),
    coalesce($end, max("timestamp")::date),
    coalesce(
        $precision,
        case
            when bool_and("timestamp" = date_trunc('day', "timestamp")) then 'day'
            when bool_and("timestamp" = date_trunc('minute', "timestamp")) then 'minute'
            else 'second'
        end
    ),
    $config,
    $version,
    $counts
from raw.transactions
having count(*) > 0
