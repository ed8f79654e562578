select transactions.transaction_id
from {{ touched_only(ref('transactions')) }} as transactions
left join {{ ref('dormant_account_set') }} as dormant
    on transactions.sender_account_id = dormant.account_id
where transactions.dormancy_flag = 1 and dormant.account_id is null
