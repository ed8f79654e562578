select transaction_id
from {{ ref('transactions') }}
where
    (cash_flag = 1) != (transaction_type in ('cash_deposit', 'cash_withdrawal', 'DD'))
