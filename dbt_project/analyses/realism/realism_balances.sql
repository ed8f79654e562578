-- Balances that live
-- Money comes in and goes out. No payment is made that the account cannot pay, so hardly a row ends
-- at an empty account.
select
    case when label = 1 then 'criminal' else 'honest' end as who,
    count(*) as transactions,
    count(*) filter (where balance_after_txn = 0) as at_the_floor,
    count(*) filter (where balance_after_txn = 0) / count(*) as share_at_the_floor,
    count(*) filter (where debit_credit = 'credit') / count(*) as share_money_in
from transactions
group by who
order by who desc
