select
    line,
    nameOrig as sender_account_id,
    case when nameDest not like 'M%' then nameDest end as receiver_account_id,
    case when nameDest like 'M%' then nameDest end as beneficiary_id, -- merchants
    -- hours of a simulated month that has no date
    moment_since(step, 'hour', timestamp '2025-01-01') as timestamp,
    amount, -- the currency is not named; taken as rupees
    isFraud as label,
    if(type = 'CASH_IN', 'credit', 'debit') as debit_credit,
    case type
        when 'CASH_IN' then 'branch'
        when 'CASH_OUT' then 'branch'
        else 'mobile'
    end as channel,
    case type
        when 'CASH_IN' then 'cash_deposit'
        when 'CASH_OUT' then 'cash_withdrawal'
        when 'PAYMENT' then 'UPI'
        when 'TRANSFER' then 'IMPS'
        when 'DEBIT' then 'wallet_transfer'
        else type -- outside the domain: rejected
    end as transaction_type
from source
