-- The scorecard against the risk score
-- How well each of them puts fraud first, on rows that the month's scorecard had not seen. Average
-- precision is the mean share of fraud from the top of the list down to each fraud in it.
select
    period,
    score_name,
    transactions,
    fraudulent,
    roc_auc,
    average_precision,
    precision_in_first_percent,
    precision_in_first_1000
from scorecard_performance
order by (period = 'all months') desc, period, score_name
