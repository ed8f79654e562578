select transaction_id
from {{ ref('transactions') }}
where fraud_type = 'dormant_smurfing' and cash_flag = 0
