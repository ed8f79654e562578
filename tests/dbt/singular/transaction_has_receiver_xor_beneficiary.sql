select transaction_id
from {{ touched_only(ref('transactions')) }}
where (receiver_account_id is null) = (beneficiary_id is null)
