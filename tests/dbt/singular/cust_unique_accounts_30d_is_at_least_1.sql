select transaction_id
from {{ touched_only(ref('transactions')) }}
where cust_unique_accounts_30d < 1
