select transaction_id
from {{ ref('transactions') }}
where {{ is_of_touched("sender_account_id", ref('transactions')) }}
qualify
    balance_before_txn != lag(balance_after_txn) over (
        partition by sender_account_id order by timestamp, transaction_no
    )
