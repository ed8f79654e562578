-- The chain
select
    behind.timestamp,
    behind.transaction_id,
    case behind.debit_credit
        when 'debit' then behind.sender_account_id
        else behind.receiver_account_id
    end as payer,
    case behind.debit_credit
        when 'debit' then behind.receiver_account_id
        else behind.sender_account_id
    end as payee,
    behind.amount,
    behind.is_alerted
from alert_transactions('T1-money_returns') as behind
order by behind.timestamp, behind.transaction_id
