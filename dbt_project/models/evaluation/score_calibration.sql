-- Whether a higher score means more fraud: the share of fraud in each band of the risk score.

with transactions as (
    select * from {{ ref('transactions') }}
),

bands (band_no, rule_risk_band) as (
    values (1, 'very_low'), (2, 'low'), (3, 'medium'), (4, 'high'), (5, 'critical')
),

counted as (
    select
        bands.band_no,
        bands.rule_risk_band,
        min(transactions.rule_risk_score) as lowest_score,
        max(transactions.rule_risk_score) as highest_score,
        count(transactions.transaction_no) as transactions,
        count(transactions.label) as labelled,
        count(*) filter (where transactions.label = 1) as fraudulent
    from bands
    left join transactions
        on bands.rule_risk_band = transactions.rule_risk_band
    group by bands.band_no, bands.rule_risk_band
),

-- An empty band has no rate: each band with a rate is compared with the next lower band with one.
lower_bands as (
    select
        band_no,
        lag(labelled) over by_band as lower_labelled,
        lag(fraudulent) over by_band as lower_fraudulent
    from counted
    where labelled > 0
    window by_band as (order by band_no)
),

with_lower_band as (
    select
        counted.*,
        sum(counted.labelled) over () as labelled_anywhere,
        lower_bands.lower_labelled,
        lower_bands.lower_fraudulent
    from counted
    left join lower_bands
        on counted.band_no = lower_bands.band_no
)

select
    cast(band_no as integer) as band_no,
    rule_risk_band,
    lowest_score,
    highest_score,
    cast(transactions as integer) as transactions,
    cast(case when labelled_anywhere > 0 then fraudulent end as integer) as fraudulent,
    {{ ratio('fraudulent', 'labelled') }} as fraud_rate,
    -- fraudulent / labelled < lower_fraudulent / lower_labelled, without rounding
    cast(
        coalesce(fraudulent * lower_labelled < lower_fraudulent * labelled, false)
        as tinyint
    ) as is_out_of_order
from with_lower_band
