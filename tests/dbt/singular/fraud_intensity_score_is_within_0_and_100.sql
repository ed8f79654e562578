select transaction_id
from {{ touched_only(ref('transactions')) }}
where fraud_intensity_score < 0 or fraud_intensity_score > 100
