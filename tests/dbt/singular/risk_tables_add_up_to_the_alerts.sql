-- Every transaction and every alert belongs to one customer and one account.
with totals as (
    select
        count(*) as transactions,
        coalesce(sum(rule_trigger_count + network_trigger_count), 0) as alerts
    from {{ ref('transactions') }}
),

added as (
    select
        'account_risk' as added_table,
        sum(transactions) as transactions,
        sum(alerts) as alerts
    from {{ ref('account_risk') }}
    union all
    select
        'customer_risk' as added_table,
        sum(transactions) as transactions,
        sum(alerts) as alerts
    from {{ ref('customer_risk') }}
    union all
    -- The bands hold every transaction once; they do not count alerts.
    select
        'score_calibration' as added_table,
        sum(transactions) as transactions,
        (select totals.alerts from totals) as alerts
    from {{ ref('score_calibration') }}
)

select added.*
from added
cross join totals
where
    added.transactions is distinct from totals.transactions
    or added.alerts is distinct from totals.alerts
