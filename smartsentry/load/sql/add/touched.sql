-- The first moment from which rows may differ: of new and corrected transactions, as they were and as
-- they are, and of those that show a new or corrected customer, account, device or beneficiary. Null
-- where no transaction is concerned.
select min("timestamp")
from (
    select "timestamp" from judged
    where outcome != 'known'
    union all
    select known."timestamp" from known
    inner join judged on known.transaction_id = judged.known_id
    where judged.outcome = 'corrected'
    union all
    select "timestamp" from raw.transactions
    where customer_id in (select customer_id from judged_customers where outcome != 'known')
        or device_id in (select device_id from judged_devices where outcome != 'known')
        or beneficiary_id in (
            select beneficiary_id from judged_beneficiaries where outcome != 'known'
        )
        or sender_account_id in (
            select account_id from judged_accounts where outcome != 'known'
            union all
            select account_id from judged_dormant_accounts where outcome != 'known'
            union all
            select account_id from judged_inactive_accounts where outcome != 'known'
        )
)
