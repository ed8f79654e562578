-- Dormant accounts that woke up and sent a large sum to a high-risk beneficiary.
select
    sender_account_id,
    timestamp,
    amount,
    beneficiary_type,
    beneficiary_country_risk,
    balance_before_txn
from transactions
where rule_dormant_account_activation = 1 and high_risk_beneficiary = 1
order by amount desc, transaction_no
limit 5
