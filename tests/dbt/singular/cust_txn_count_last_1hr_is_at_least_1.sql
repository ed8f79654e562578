select transaction_id
from {{ touched_only(ref('transactions')) }}
where cust_txn_count_last_1hr < 1
