select transaction_id
from {{ touched_only(ref('transactions')) }}
where fraud_type = 'dormant_smurfing' and cash_flag = 0
