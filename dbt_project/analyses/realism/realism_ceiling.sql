-- How near the work list comes to what could be known
-- The priority beside models that learn from the same past.

-- Every row of about 2,500 accounts. Each model is trained on the outcomes that the scorecard of
-- the month knew, and measured on the rows of the last seven weeks. "All columns" are those that
-- column_catalogue does not mark as ground truth or learnt, the network's included, without ids,
-- timestamp and date.
select *
from transactions
where
    cast(substr(sender_account_id, 2) as bigint) % (
        select greatest(1, cast(round(count(*) / 2500) as bigint)) from raw.accounts
    ) = 0
order by transaction_no
