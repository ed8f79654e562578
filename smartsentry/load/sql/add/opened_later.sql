-- The accounts that would have a transaction from before they were opened. Only an added account can be
-- younger than the data.
with opened as (
    select
        account_id,
        (select window_start from raw.generation_run) - account_open_days as opened_on
    from (
        select account_id, account_open_days from judged_accounts
        union all
        select account_id, account_open_days from raw.accounts
        where account_id not in (select account_id from judged_accounts)
    )
    where account_open_days < 0
),

moved as (
    select sender_account_id as account_id, "timestamp"::date as day from judged
    where outcome != 'known'
    union all
    select sender_account_id, "timestamp"::date from raw.transactions
    where transaction_id not in (select known_id from judged where outcome = 'corrected')
)

select
    account_id,
    opened_on,
    min(moved.day) as day
from opened
inner join moved using (account_id)
group by account_id, opened_on
having min(moved.day) < opened_on
order by account_id
