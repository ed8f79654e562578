-- The median logarithm of an honest transfer from 10 rupees on, by KYC level.
select
    median(ln(amount)) filter (where kyc_level = 'low') as low,
    median(ln(amount)) filter (where kyc_level = 'medium') as medium,
    median(ln(amount)) filter (where kyc_level = 'high') as high
from transactions
where
    coalesce(label, 0) = 0
    and cash_flag = 0
    and amount >= 10
    and sender_account_id not in (
        select account_id from accounts
        where is_dormant = 1 or is_inactive = 1
    )
