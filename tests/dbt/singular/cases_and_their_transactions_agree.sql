-- The figures of a case are those of its rows, and its number is that of its first one.
with sums as (
    select
        case_id,
        min(case when membership = 'qualifying' then timestamp end) as opened_at,
        min(timestamp) as first_at,
        max(case when membership = 'qualifying' then timestamp end) as last_qualifying_at,
        max(timestamp) as last_at,
        sum(case when membership = 'qualifying' then 1 else 0 end) as qualifying_transactions,
        sum(case when membership = 'qualifying' then amount else 0 end) as amount,
        sum(alerts) as alerts
    from {{ ref('case_transactions') }}
    group by case_id
)

select
    cases.case_id,
    sums.alerts
from {{ ref('cases') }} as cases
full join sums
    on cases.case_id = sums.case_id
left join {{ ref('case_transactions') }} as opening
    on
        cases.case_id = 'K' || cast(opening.transaction_no as string)
        and cases.case_id = opening.case_id
        and opening.membership = 'qualifying'
where
    cases.case_id is null
    or sums.case_id is null
    or opening.timestamp is distinct from cases.opened_at
    or sums.opened_at != cases.opened_at
    or sums.first_at != cases.opened_at
    or sums.last_qualifying_at != cases.last_qualifying_at
    or sums.last_at != cases.last_qualifying_at
    or sums.qualifying_transactions != cases.qualifying_transactions
    or sums.amount != cases.amount_in + cases.amount_out
    or sums.alerts != cases.alerts
