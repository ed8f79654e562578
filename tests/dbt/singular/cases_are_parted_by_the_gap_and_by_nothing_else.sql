-- Two qualifying transactions of a customer, one after the other, are of one case exactly if they
-- are at most `case_gap_days` apart.
with qualifying as (
    select
        case_id,
        customer_id,
        timestamp,
        transaction_no
    from {{ ref('case_transactions') }}
    where membership = 'qualifying'
),

pairs as (
    select
        case_id,
        timestamp,
        lag(case_id) over customer_rows as case_before,
        lag(timestamp) over customer_rows as timestamp_before
    from qualifying
    window
        customer_rows as (partition by customer_id order by timestamp, transaction_no)
)

select
    case_id,
    case_before,
    timestamp,
    timestamp_before
from pairs
where
    case_before is not null
    and (case_id = case_before) != (
        timestamp <= timestamp_before + interval '{{ worklist_bound("case_gap_days") }}' day
    )
