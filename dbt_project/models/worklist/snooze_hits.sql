-- The alerts that a snooze hides: of its rule, or of all, on its customer, from its first day to
-- its last.

with snoozes as (
    select * from {{ ref('stg_snoozes') }}
),

transactions as (
    select * from {{ ref('transactions') }}
),

rule_hits as (
    select * from {{ ref('rule_hits') }}
),

snoozed_transactions as (
    select
        snoozes.snooze_no,
        snoozes.snoozed_rule,
        transactions.transaction_no
    from snoozes
    inner join transactions
        on
            snoozes.customer_id = transactions.customer_id
            and transactions.date between snoozes.snoozed_from and snoozes.snoozed_until
)

select
    snoozed_transactions.snooze_no,
    rule_hits.transaction_no,
    rule_hits.rule_name
from snoozed_transactions
inner join rule_hits
    on snoozed_transactions.transaction_no = rule_hits.transaction_no
where snoozed_transactions.snoozed_rule in ('*', rule_hits.rule_name)
