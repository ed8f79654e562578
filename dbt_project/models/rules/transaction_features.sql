{{ config(materialized='view') }}

-- Everything that is known about a transaction before the rules look at it. A view: only
-- `transactions` writes the wide row, in turns if it exceeds the memory (macros/tables/turns.sql).

with transactions as (
    {{ of_this_turn(ref('stg_transactions'), without_gaps=true) }}
),

generation_run as (
    select * from {{ ref('stg_generation_run') }}
),

accounts as (
    select
        *,
        -- not greatest(), which would turn an unknown balance into 1
        case when avg_balance < 1 then 1 else avg_balance end as ratio_base
    from {{ ref('stg_accounts') }}
),

customers as (
    select * from {{ ref('stg_customers') }}
),

devices as (
    select * from {{ ref('stg_devices') }}
),

beneficiaries as (
    select * from {{ ref('stg_beneficiaries') }}
),

beneficiary_risk as (
    select * from {{ ref('beneficiary_risk') }}
),

account_velocity as (
    {{ of_this_turn(ref('account_velocity'), ref('stg_transactions')) }}
),

customer_velocity as (
    {{ of_this_turn(ref('customer_velocity'), ref('stg_transactions')) }}
),

account_balances as (
    {{ of_this_turn(ref('account_balances'), ref('stg_transactions')) }}
),

transaction_network as (
    {{ of_this_turn(ref('transaction_network'), ref('stg_transactions')) }}
)

select
    transactions.transaction_id,
    transactions.transaction_no,
    transactions.customer_id,
    transactions.sender_account_id,
    transactions.receiver_account_id,
    transactions.beneficiary_id,
    transactions.device_id,
    transactions.timestamp,
    transactions.amount,
    transactions.channel,
    transactions.debit_credit,
    transactions.transaction_type,
    transactions.cash_flag,
    transactions.synthetic_flow_id,
    transactions.flow_depth,
    transactions.hop_number,
    transactions.flow_origin_at,
    transactions.fraud_type,
    transactions.label,
    transactions.scheme_id,
    transactions.role,

    -- time of day
    case
        when generation_run.time_precision != 'day'
            then cast(extract(hour from transactions.timestamp) as integer)
    end as hour,
    cast({{ iso_weekday('transactions.timestamp') }} - 1 as integer) as day_of_week,
    cast(transactions.timestamp as date) as date,
    cast(extract(month from transactions.timestamp) as integer) as month,
    cast(extract(week from transactions.timestamp) as integer) as week_of_year,
    case
        when generation_run.time_precision != 'day'
            then cast(
                extract(hour from transactions.timestamp) >= 22
                or extract(hour from transactions.timestamp) < 6 as tinyint
            )
    end as is_night,
    cast({{ iso_weekday('transactions.timestamp') }} >= 6 as tinyint) as is_weekend,
    case
        when generation_run.time_precision != 'day'
            then cast(extract(hour from transactions.timestamp) between 9 and 17 as tinyint)
    end as is_business_hours,

    -- amount
    {{ exact_ratio('transactions.amount', 'accounts.ratio_base') }} as amount_to_balance_ratio,
    cast(
        transactions.amount >= {{ round_amount_step() }}
        and transactions.amount % {{ round_amount_step() }} = 0 as tinyint
    ) as is_round_amount,
    cast(
        round(ln(cast(1 + transactions.amount as double)) * 10000) / 10000 as decimal(18, 4)
    ) as log_amount,

    -- the sender's account and its owner
    accounts.avg_balance,
    cast(
        accounts.account_open_days
        + {{ days_between('generation_run.window_start', 'cast(transactions.timestamp as date)') }}
        as integer
    ) as account_open_days,
    customers.kyc_level,
    customers.country_risk,
    customers.income_bracket,
    customers.customer_risk_rating,
    customers.pep_flag,
    customers.occupation,
    customers.industry,
    customers.account_type,

    -- device
    devices.device_age_days,
    devices.rooted_flag,
    devices.os_type,
    devices.vpn_flag,
    devices.emulator_flag,

    -- beneficiary
    beneficiaries.beneficiary_type,
    beneficiaries.beneficiary_country_risk,
    cast(coalesce(beneficiary_risk.high_risk_beneficiary, 0) as tinyint) as high_risk_beneficiary,

    -- account windows
    account_velocity.txn_count_last_1hr,
    account_velocity.txn_count_last_24hr,
    account_velocity.txn_count_last_7d,
    account_velocity.txn_count_last_30d,
    account_velocity.total_amount_last_24hr,
    account_velocity.total_amount_last_7d,
    account_velocity.total_amount_last_30d,
    account_velocity.amount_zscore_30d,
    account_velocity.baseline_count_30d,
    account_velocity.baseline_mean_30d,
    account_velocity.baseline_deviation_30d,
    account_velocity.txn_velocity_cumulative,
    account_velocity.days_since_previous_txn,
    account_velocity.dormancy_flag,
    account_velocity.no_of_inactive_days,

    -- customer windows
    customer_velocity.cust_txn_count_last_1hr,
    customer_velocity.cust_txn_count_last_24hr,
    customer_velocity.cust_txn_count_last_7d,
    customer_velocity.cust_txn_count_last_30d,
    customer_velocity.cust_total_amount_last_24hr,
    customer_velocity.cust_total_amount_last_7d,
    customer_velocity.cust_total_amount_last_30d,
    customer_velocity.cust_unique_accounts_30d,

    -- balance
    account_balances.running_balance_txn_amount,
    account_balances.balance_before_txn,
    account_balances.balance_after_txn,
    account_balances.cumulative_daily_balance_change,

    -- flow
    case
        when transactions.flow_origin_at > transactions.timestamp then 0
        else {{ elapsed_seconds('transactions.flow_origin_at', 'transactions.timestamp') }}
    end as time_since_origin_txn,

    -- network
    transaction_network.net_in_counterparties_7d,
    transaction_network.net_out_counterparties_7d,
    transaction_network.net_new_counterparties_7d,
    transaction_network.net_counterparty_is_new,
    transaction_network.net_in_amount_48h,
    transaction_network.net_out_amount_48h,
    transaction_network.net_pass_through_ratio_48h,
    transaction_network.net_peer_in_counterparties_7d,
    transaction_network.net_peer_out_counterparties_7d,
    transaction_network.net_peer_pass_through_ratio_48h,
    transaction_network.net_beneficiary_payers_30d,
    transaction_network.net_device_customers_30d,
    transaction_network.net_chain_hops,
    case
        when generation_run.time_precision != 'day'
            then transaction_network.net_inflow_gap_seconds
    end as net_inflow_gap_seconds,
    transaction_network.net_return_hops
from transactions
cross join generation_run
left join accounts
    on transactions.sender_account_id = accounts.account_id
left join customers
    on transactions.customer_id = customers.customer_id
left join devices
    on transactions.device_id = devices.device_id
left join beneficiaries
    on transactions.beneficiary_id = beneficiaries.beneficiary_id
left join beneficiary_risk
    on transactions.beneficiary_id = beneficiary_risk.beneficiary_id
left join account_velocity
    on transactions.transaction_no = account_velocity.transaction_no
left join customer_velocity
    on transactions.transaction_no = customer_velocity.transaction_no
left join account_balances
    on transactions.transaction_no = account_balances.transaction_no
left join transaction_network
    on transactions.transaction_no = transaction_network.transaction_no
