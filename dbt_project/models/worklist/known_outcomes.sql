{{ config(materialized='view' if target.type == 'duckdb' else 'table') }}

-- What was known about each transaction, and when: its label from the moment of the transaction on,
-- and from the first decision that speaks for it on the decisions alone. While the last of them is
-- `escalated` or `reopened`, nothing is known.

with transactions as (
    select * from {{ ref('stg_transactions') }}
),

decided_transactions as (
    select * from {{ ref('decided_transactions') }}
),

first_decisions as (
    select
        transaction_no,
        min(known_at) as decided_at
    from decided_transactions
    group by transaction_no
)

select
    transactions.transaction_no,
    transactions.timestamp as known_at,
    first_decisions.decided_at as known_until,
    transactions.label as is_fraud
from transactions
left join first_decisions
    on transactions.transaction_no = first_decisions.transaction_no
where
    transactions.label is not null
    and coalesce(first_decisions.decided_at > transactions.timestamp, true)
union all
select
    transaction_no,
    known_at,
    known_until,
    is_fraud
from decided_transactions
where
    is_fraud is not null
    and coalesce(known_until > known_at, true)
