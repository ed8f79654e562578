-- The added transactions from before the first day of the published data.
select
    concat_ws(' line ', source_file, source_line) as place,
    "timestamp"::date as day
from judged
where outcome != 'known'
    and "timestamp" < (select window_start from raw.generation_run)
order by "timestamp", place
