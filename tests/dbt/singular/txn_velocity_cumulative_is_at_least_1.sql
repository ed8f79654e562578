select transaction_id
from {{ touched_only(ref('transactions')) }}
where txn_velocity_cumulative < 1
