select transaction_id
from {{ ref('transactions') }}
where balance_before_txn < 0
