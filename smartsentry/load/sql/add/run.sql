-- The last day moves with the data, the first does not: account ages count from it.
update raw.generation_run
set
    window_end = greatest(generation_run.window_end, given.window_end),
    time_precision = if(
        'second' in (generation_run.time_precision, given.time_precision),
        'second',
        generation_run.time_precision
    )
from added.raw.generation_run as given
where (select count(*) from incoming) > 0
