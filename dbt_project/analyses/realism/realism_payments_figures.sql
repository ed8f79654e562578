-- How many rows break a limit, and how large UPI payments are.
with run as (
    select
        cast(config -> '$.payments.atm_cash_withdrawal.daily' as double[]) as daily,
        json_keys(config -> '$.customers.account_type') as account_types,
        cast(config -> '$.behaviour.branch_hours' as integer[]) as branch_hours
    from raw.generation_run
),

drawn as (
    select
        sum(amount)
        > any_value(run.daily[list_position(run.account_types, account_type)]) as is_beyond
    from transactions
    cross join run
    where channel = 'atm' and transaction_type = 'cash_withdrawal'
    group by sender_account_id, date, account_type
),

marked as (
    select
        *,
        coalesce(label, 0) = 0 as is_honest,
        hour < run.branch_hours[1]
        or hour >= run.branch_hours[2]
        or day_of_week = 6
        or (day_of_week = 5 and floor((day(date) - 1) / 7) in (1, 3)) as is_closed
    from transactions
    cross join run
)

select
    count(*) filter (where transaction_type = 'RTGS' and amount < 200000) as rtgs_below,
    count(*) filter (where transaction_type = 'UPI' and amount > 100000) as upi_above,
    count(*) filter (where transaction_type = 'IMPS' and amount > 500000) as imps_above,
    count(*) filter (where transaction_type = 'DD' and amount < 1000) as drafts_below,
    count(*) filter (
        where channel = 'atm' and transaction_type = 'cash_withdrawal' and amount % 100 <> 0
    ) as uneven_notes,
    (select count(*) filter (where is_beyond) from drawn) as beyond_the_day,
    avg(amount) filter (where transaction_type = 'UPI' and is_honest) as upi_mean,
    median(amount) filter (where transaction_type = 'UPI' and is_honest) as upi_median,
    avg(cast(is_closed as integer)) filter (
        where channel = 'branch' and is_honest
    ) as branch_closed,
    count(*) filter (where transaction_type = 'salary_credit' and is_closed) as salaries_closed,
    avg(cast(amount > balance_before_txn as integer)) filter (
        where debit_credit = 'debit' and is_honest
    ) as beyond_balance
from marked
