-- What happened
-- The money of the customer's accounts until the last qualifying transaction, in whichever book it
-- is. What only the other side recorded is marked: the alerts on it are not this customer's.
select
    timestamp,
    transaction_id,
    account_id,
    direction,
    amount,
    balance_after_txn,
    transaction_type,
    channel,
    counterparty_kind,
    counterparty_id,
    membership,
    recorded_by,
    alerts,
    priority_score,
    row_number() over (
        partition by membership = 'qualifying', recorded_by
        order by
            case when membership = 'qualifying' then priority_score end desc,
            case when membership != 'qualifying' then amount end desc,
            timestamp asc,
            transaction_no asc
    ) as place
from case_money('K1')
order by timestamp, transaction_no, direction desc
