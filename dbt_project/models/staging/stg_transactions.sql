select
    transaction_id,
    -- The number in the id gives rows of the same second one fixed order.
    cast(substr(transaction_id, 2) as bigint) as transaction_no,
    customer_id,
    sender_account_id,
    receiver_account_id,
    beneficiary_id,
    device_id,
    timestamp,
    amount,
    channel,
    debit_credit,
    transaction_type,
    cash_flag,
    synthetic_flow_id,
    flow_depth,
    hop_number,
    flow_origin_at,
    fraud_type,
    label,
    scheme_id,
    role
from {{ source('raw', 'transactions') }}
