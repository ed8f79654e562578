-- A customer whom the loader made of an account's id is gone when the account's owner is known.
delete from raw.customers
using judged_accounts as judged, raw.accounts as published
where judged.outcome = 'corrected'
    and published.account_id = judged.account_id
    and published.customer_id = 'owner of ' || published.account_id
    and customers.customer_id = published.customer_id
