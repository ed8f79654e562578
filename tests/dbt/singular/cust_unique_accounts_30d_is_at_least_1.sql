select transaction_id
from {{ ref('transactions') }}
where cust_unique_accounts_30d < 1
