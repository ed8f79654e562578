select
    line,
    TRANSACTION_ID as transaction_id,
    'customer ' || id(CUSTOMER_ID) as sender_account_id,
    'terminal ' || id(TERMINAL_ID) as beneficiary_id,
    TX_DATETIME as timestamp,
    -- some are floating point numbers: 85.64999999999999 is 85.65
    round(money(TX_AMOUNT), 2) as amount,
    TX_FRAUD as label,
    case whole(TX_FRAUD_SCENARIO)
        when 0 then 'normal'
        when 1 then 'amount_above_220'
        when 2 then 'compromised_terminal'
        when 3 then 'compromised_card'
        else error('there is no scenario ' || TX_FRAUD_SCENARIO)
    end as fraud_type
from source
