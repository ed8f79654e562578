{{ config(
    materialized=by_day(),
    incremental_strategy="by_day",
    pre_hook="{{ forget_touched(ref('stg_transactions')) }}",
) }}

-- The books of all accounts: a transfer between two accounts is a row in both.

with transactions as (
    select * from {{ ref('stg_transactions') }}
),

-- As the sender's book has it.
entries as (
    select
        transaction_no,
        sender_account_id,
        receiver_account_id,
        case debit_credit when 'debit' then 'out' when 'credit' then 'in' end as direction,
        case debit_credit when 'debit' then 'in' when 'credit' then 'out' end as other_direction,
        case
            when cash_flag = 1 then null
            when receiver_account_id is not null then 'account'
            else 'beneficiary'
        end as counterparty_kind,
        coalesce(receiver_account_id, beneficiary_id) as counterparty_id,
        timestamp,
        amount
    from transactions
    where {{ is_touched() }}
)

select
    transaction_no,
    sender_account_id as account_id,
    direction,
    case when counterparty_kind is not null then counterparty_id end as counterparty_id,
    counterparty_kind,
    timestamp,
    amount
from entries

union all

select
    transaction_no,
    receiver_account_id as account_id,
    other_direction as direction,
    case when counterparty_kind is not null then sender_account_id end as counterparty_id,
    counterparty_kind,
    timestamp,
    amount
from entries
where receiver_account_id != sender_account_id
