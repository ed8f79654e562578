insert into raw.generation_run (
    window_start, window_end, time_precision, config, package_version, row_counts
)
select
    -- A load that accepted no row is refused after this, unless it brings more.
    coalesce($start, min("timestamp")::date, date '1970-01-01'),
    coalesce($end, max("timestamp")::date, date '1970-01-01'),
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
