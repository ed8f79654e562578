-- Each rule that fires says why: one alert of each, as composing all of them takes longer. The few
-- transactions are found first and the reasons looked at last, after a group by: as a condition
-- the look at the reason would be done before, on every alert.
with first_hits as (
    select
        rule_name,
        min(transaction_no) as transaction_no
    from {{ ref('rule_hits') }}
    group by rule_name
)

select alert_id
from {{ ref('alerts') }}
where
    transaction_id in (
        select transactions.transaction_id
        from {{ ref('transactions') }} as transactions
        inner join first_hits
            on transactions.transaction_no = first_hits.transaction_no
    )
group by alert_id
having max(reason) is null or max(reason) not like '%.'
