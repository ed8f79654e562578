-- Amounts
-- Transfers from 10 rupees on. The dashed line is the specification's lognormal. Honest rows add
-- round amounts (the spikes), salaries and a few very large payments.
with counted as (
    select
        kyc_level,
        case when label = 1 then 'criminal' else 'honest' end as who,
        floor(ln(amount) * 4) / 4 + 0.125 as log_amount,
        count(*) as transfers
    from transactions
    where cash_flag = 0 and amount >= 10
    group by all
),

drawn_from as (
    select
        levels.kyc_level,
        cast(config ->> concat('$.behaviour.amount_log_mean_', levels.kyc_level, '_kyc') as double)
            as mean,
        cast(config ->> '$.behaviour.amount_log_sigma' as double) as sigma
    from raw.generation_run
    cross join (values ('low'), ('medium'), ('high')) as levels (kyc_level)
),

steps as (
    select 2.125 + unnest(range(1, 48)) / 4 as log_amount
),

expected as (
    select
        drawn_from.kyc_level,
        steps.log_amount,
        exp(-pow((steps.log_amount - drawn_from.mean) / drawn_from.sigma, 2) / 2)
        / sqrt(2 * pi()) / drawn_from.sigma / 4 as proportion
    from drawn_from
    cross join steps
)

select
    kyc_level,
    who,
    exp(log_amount) as amount,
    transfers / sum(transfers) over (partition by kyc_level, who) as proportion
from counted

union all

select
    kyc_level,
    'expected' as who,
    exp(log_amount) as amount,
    proportion
from expected
order by kyc_level, who, amount
