select transaction_id
from {{ touched_only(ref('transactions')) }}
where
    (cash_flag = 1) != (transaction_type in ('cash_deposit', 'cash_withdrawal', 'DD'))
