-- What each snooze hid, and how much of it was fraud. What two snoozes hide counts for both.

with snoozes as (
    select * from {{ ref('stg_snoozes') }}
),

snooze_hits as (
    select * from {{ ref('snooze_hits') }}
),

transactions as (
    select * from {{ ref('transactions') }}
),

case_transactions as (
    select * from {{ ref('case_transactions') }}
),

cases as (
    select * from {{ ref('cases') }}
),

hidden_transactions as (
    select
        snooze_no,
        transaction_no,
        count(*) as alerts
    from snooze_hits
    group by snooze_no, transaction_no
),

hidden as (
    select
        hidden_transactions.snooze_no,
        count(*) as transactions,
        sum(hidden_transactions.alerts) as alerts,
        count(transactions.label) as labelled,
        count(*) filter (where transactions.label = 1) as fraudulent,
        sum(case when transactions.label = 1 then transactions.amount else 0 end)
            as fraudulent_amount
    from hidden_transactions
    inner join transactions
        on hidden_transactions.transaction_no = transactions.transaction_no
    group by hidden_transactions.snooze_no
),

hidden_cases as (
    select
        hidden_transactions.snooze_no,
        count(distinct cases.case_id) as cases
    from hidden_transactions
    inner join case_transactions
        on hidden_transactions.transaction_no = case_transactions.transaction_no
    inner join cases
        on case_transactions.case_id = cases.case_id
    where
        case_transactions.membership = 'qualifying'
        and cases.is_snoozed = 1
    group by hidden_transactions.snooze_no
)

select
    snoozes.snooze_no,
    snoozes.snoozed_rule,
    snoozes.customer_id,
    snoozes.snoozed_from,
    snoozes.snoozed_until,
    snoozes.snooze_owner,
    snoozes.snooze_reason,
    cast(coalesce(hidden.alerts, 0) as integer) as hidden_alerts,
    cast(coalesce(hidden.transactions, 0) as integer) as hidden_transactions,
    cast(coalesce(hidden_cases.cases, 0) as integer) as hidden_cases,
    cast(case when hidden.labelled > 0 then hidden.fraudulent end as integer)
        as fraudulent_transactions,
    cast(case when hidden.labelled > 0 then hidden.fraudulent_amount end as decimal(18, 2))
        as fraudulent_amount,
    {{ ratio('hidden.fraudulent', 'hidden.labelled') }} as fraud_share
from snoozes
left join hidden
    on snoozes.snooze_no = hidden.snooze_no
left join hidden_cases
    on snoozes.snooze_no = hidden_cases.snooze_no
