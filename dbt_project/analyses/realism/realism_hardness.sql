-- How hard it is
-- Hard for a rule, learnable for a model.

-- Every row of about 2,500 accounts, as many as scale 0.1 has. The models see neither what
-- column_catalogue marks as ground truth nor ids, timestamp and date.
select *
from transactions
where
    cast(substr(sender_account_id, 2) as bigint) % (
        select greatest(1, cast(round(count(*) / 2500) as bigint)) from raw.accounts
    ) = 0
order by transaction_no
