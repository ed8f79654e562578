-- Score bands
-- A higher band of rule_risk_score should hold a higher share of fraud.
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
