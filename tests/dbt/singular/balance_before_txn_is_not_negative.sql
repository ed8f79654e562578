select transaction_id
from {{ touched_only(ref('transactions')) }}
where balance_before_txn < 0
