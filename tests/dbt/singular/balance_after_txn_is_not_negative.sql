select transaction_id
from {{ touched_only(ref('transactions')) }}
where balance_after_txn < 0
