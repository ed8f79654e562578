-- The days on which a case comes to the team, and what is known of it then: everything up to the
-- day's end, nothing later. It comes when it opens, and again whenever its priority rises. A case
-- that only goes on as before does not, or the same few would take the whole day, every day.

with case_transactions as (
    select * from {{ ref('case_transactions') }}
),

transactions as (
    select * from {{ ref('transactions') }}
),

per_day as (
    select
        case_transactions.case_id,
        transactions.date as day,
        min(case_transactions.timestamp) as first_at,
        count(*) as qualifying_transactions,
        max(case_transactions.priority_score) as highest_priority_score,
        max(case_transactions.rule_risk_score) as highest_rule_risk_score,
        count(transactions.label) as labelled_transactions,
        sum(transactions.label) as fraudulent_transactions
    from case_transactions
    inner join transactions
        on case_transactions.transaction_no = transactions.transaction_no
    where case_transactions.membership = 'qualifying'
    group by case_transactions.case_id, transactions.date
),

until_then as (
    select
        case_id,
        day,
        min(first_at) over until_day as opened_at,
        sum(qualifying_transactions) over until_day as qualifying_transactions,
        max(highest_priority_score) over until_day as highest_priority_score,
        max(highest_rule_risk_score) over until_day as highest_rule_risk_score,
        sum(labelled_transactions) over until_day as labelled_transactions,
        sum(fraudulent_transactions) over until_day as fraudulent_transactions
    from per_day
    window
        until_day as (
            partition by case_id order by day
            range between unbounded preceding and current row
        )
),

prioritised as (
    select
        case_id,
        day,
        opened_at,
        {{ case_priority('highest_priority_score', 'qualifying_transactions') }} as priority,
        highest_rule_risk_score,
        cast(
            case
                when fraudulent_transactions > 0 then 1
                when labelled_transactions > 0 then 0
            end as tinyint
        ) as holds_fraud
    from until_then
)

select *
from prioritised
qualify coalesce(priority > lag(priority) over (partition by case_id order by day), true)
