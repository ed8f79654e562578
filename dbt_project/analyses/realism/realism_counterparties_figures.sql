-- The share of honest transfers that leave the bank, and the share of its favourite counterparty in
-- the rows of the median account of 20 rows or more.
with pairs as (
    select
        sender_account_id,
        count(*) as transactions
    from transactions
    where
        coalesce(label, 0) = 0
        and coalesce(receiver_account_id, beneficiary_id) <> sender_account_id
    group by sender_account_id, coalesce(receiver_account_id, beneficiary_id)
),

favourites as (
    select max(transactions) / sum(transactions) as proportion
    from pairs
    group by sender_account_id
    having sum(transactions) >= 20
)

select
    avg(cast(beneficiary_id is not null as integer)) as sent_outside,
    (select median(proportion) from favourites) as favourite
from transactions
where coalesce(label, 0) = 0 and cash_flag = 0 and transaction_type <> 'salary_credit'
