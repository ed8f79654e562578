-- What the data are: how many, over which days, and the options that they were made with.
select
    generation_run.seed,
    generation_run.scale,
    generation_run.fraud_rate,
    generation_run.window_start,
    generation_run.window_end,
    count(*) as transactions,
    count(transactions.label) as labelled
from raw.generation_run as generation_run
cross join transactions
group by all
