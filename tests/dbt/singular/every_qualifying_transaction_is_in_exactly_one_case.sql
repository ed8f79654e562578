with qualifying as (
    select
        transactions.transaction_no,
        transactions.customer_id
    from {{ ref('transactions') }} as transactions
    inner join {{ ref('case_lines') }} as case_lines
        on cast(date_trunc('month', transactions.timestamp) as date) = case_lines.month
    where transactions.priority_score > case_lines.case_line
),

in_cases as (
    select
        case_transactions.transaction_no,
        cases.customer_id
    from {{ ref('case_transactions') }} as case_transactions
    inner join {{ ref('cases') }} as cases
        on case_transactions.case_id = cases.case_id
    where case_transactions.membership = 'qualifying'
),

counted as (
    select
        transaction_no,
        customer_id,
        1 as qualifies,
        0 as in_cases
    from qualifying
    union all
    select
        transaction_no,
        customer_id,
        0 as qualifies,
        1 as in_cases
    from in_cases
)

select
    transaction_no,
    customer_id,
    sum(qualifies) as qualifies,
    sum(in_cases) as in_cases
from counted
group by transaction_no, customer_id
having sum(qualifies) != 1 or sum(in_cases) != 1
