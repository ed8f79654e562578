select
    line,
    Sender_account as sender_account_id,
    Receiver_account as receiver_account_id,
    Date || ' ' || Time as timestamp,
    Amount as amount, -- pounds, whatever Payment_currency says
    Is_laundering as label,
    -- The honest typologies all begin with Normal; the others keep their names.
    case when Laundering_type not like 'Normal%' then Laundering_type end as fraud_type,
    if(Payment_type = 'Cash Deposit', 'credit', 'debit') as debit_credit,
    case Payment_type
        when 'Cash Deposit' then 'branch'
        when 'Cash Withdrawal' then 'atm'
        when 'Cheque' then 'branch'
        else 'web'
    end as channel,
    case Payment_type
        when 'Cash Deposit' then 'cash_deposit'
        when 'Cash Withdrawal' then 'cash_withdrawal'
        when 'Cheque' then 'NEFT'
        when 'ACH' then 'NEFT'
        when 'Cross-border' then 'RTGS'
        when 'Credit card' then 'online_transfer'
        when 'Debit card' then 'online_transfer'
        else Payment_type -- outside the domain: rejected
    end as transaction_type
from source
