-- Required only where an account of the dormant set moves again after more than 30 days.
with awakenings as (
    select transactions.dormancy_flag
    from {{ ref('transactions') }} as transactions
    inner join {{ ref('dormant_account_set') }} as dormant
        on transactions.sender_account_id = dormant.account_id
    qualify
        transactions.timestamp - interval '2592000' second > lag(transactions.timestamp) over (
            partition by transactions.sender_account_id
            order by transactions.timestamp, transactions.transaction_no
        )
)

select count(*) as awakenings
from awakenings
having count(*) > 0 and sum(dormancy_flag) = 0
