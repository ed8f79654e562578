select transaction_id
from {{ ref('transactions') }}
where txn_count_last_1hr < 1
