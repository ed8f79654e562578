-- How many transactions each band of the risk score holds, and how many of them are fraud.
select
    band_no,
    rule_risk_band,
    lowest_score,
    highest_score,
    transactions,
    fraudulent,
    fraud_rate,
    is_out_of_order
from score_calibration
order by band_no
