select transactions.transaction_id
from {{ touched_only(ref('transactions')) }} as transactions
inner join {{ ref('accounts') }} as accounts
    on transactions.sender_account_id = accounts.account_id
where transactions.customer_id != accounts.customer_id
