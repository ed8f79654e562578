-- Transactions that a threshold only just lets pass: they are within 20% of it, on the side that
-- does not alert, and meet the rule's other conditions. To find them, the threshold moves by 20% in
-- either direction; the sample is what fires there but not in force. Only one direction finds any.
-- If 59 sampled transactions show no fraud, less than 5% of the band is fraud, at 95% confidence.

with features as (
    select * from {{ ref('transactions') }}
),

threshold_steps as (
    select * from {{ ref('threshold_steps') }}
),

candidates as (
    select * from {{ ref('below_the_line_candidates') }}
),

bands as (
    select
        rule_name,
        input_name,
        sum(band_transactions) as band_transactions
    from candidates
    where candidate_no = 1
    group by rule_name, input_name
),

sampled as (
    select
        candidates.*,
        bands.band_transactions as all_band_transactions,
        row_number() over (
            partition by candidates.rule_name, candidates.input_name
            order by candidates.hash_text asc, candidates.transaction_no asc
        ) as sample_no
    from candidates
    inner join bands
        on
            candidates.rule_name = bands.rule_name
            and candidates.input_name = bands.input_name
    qualify sample_no <= 59
)

-- A threshold whose band is empty keeps one row, without a transaction.
select
    threshold_steps.rule_name,
    threshold_steps.rule_set,
    threshold_steps.input_name,
    threshold_steps.threshold_value,
    sampled.band_edge,
    cast(coalesce(sampled.all_band_transactions, 0) as integer) as band_transactions,
    cast(coalesce(sampled.all_band_transactions, 0) < 59 as tinyint) as is_short,
    cast(coalesce(sampled.sample_no, 0) as integer) as sample_no,
    features.transaction_id,
    features.timestamp,
    features.customer_id,
    features.sender_account_id,
    features.amount,
    features.rule_trigger_count,
    features.network_trigger_count,
    features.rule_risk_score,
    features.fraud_type,
    features.label
from threshold_steps
left join sampled
    on
        threshold_steps.rule_name = sampled.rule_name
        and threshold_steps.input_name = sampled.input_name
left join features
    on sampled.transaction_no = features.transaction_no
where threshold_steps.factor = 1
