-- A file without a single debit has its signs wrong; one without transactions has none.
select min(running_balance_txn_amount) as lowest_signed_amount
from {{ ref('transactions') }}
having min(running_balance_txn_amount) >= 0
