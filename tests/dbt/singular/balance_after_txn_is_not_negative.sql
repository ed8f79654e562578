select transaction_id
from {{ ref('transactions') }}
where balance_after_txn < 0
