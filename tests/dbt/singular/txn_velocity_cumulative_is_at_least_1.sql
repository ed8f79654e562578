select transaction_id
from {{ ref('transactions') }}
where txn_velocity_cumulative < 1
