-- The share of honest transfers that leave the bank, the share of its favourite counterparty in the
-- rows of the median account of 20 rows or more, and who deals with crypto or offshore.
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
),

exits as (
    select
        avg(cast(coalesce(beneficiary_type in ('crypto', 'offshore'), false) as integer)) as part,
        count(distinct customer_id) filter (where beneficiary_type in ('crypto', 'offshore'))
        / count(distinct customer_id) as customers
    from transactions
    where coalesce(label, 0) = 0
)

select
    avg(cast(beneficiary_id is not null as integer)) as sent_outside,
    (select part from exits) as exits,
    (select customers from exits) as exit_customers,
    (select median(proportion) from favourites) as favourite
from transactions
where coalesce(label, 0) = 0 and cash_flag = 0 and transaction_type <> 'salary_credit'
