{{ config(
    materialized=by_day(),
    incremental_strategy="by_day",
    pre_hook=[
        "{{ forget_touched(ref('stg_transactions')) }}",
        "{{ begin_turns(ref('stg_transactions')) }}",
    ],
    post_hook="{{ take_other_turns(ref('stg_transactions')) }}",
) }}

-- What the network knows of each transaction. Five look-ups by narrow rows, so that the wide row
-- needs one.

with transactions as (
    {{ of_this_turn(ref('stg_transactions')) }}
),

-- Which of the two sides of a transaction is the account's own, and which is its counterparty's.
sides as (
    select
        transaction_no,
        case when debit_credit = 'credit' then 1 else 0 end as own_side,
        case
            when receiver_account_id is null or cash_flag = 1 then null
            when (receiver_account_id = sender_account_id) = (debit_credit = 'credit') then 1
            else 0
        end as peer_side
    from transactions
    where {{ is_touched() }}
),

account_network as {{ not_materialized() }} (
    {{ of_this_turn(ref('account_network'), ref('stg_transactions')) }}
),

entity_network as {{ not_materialized() }} (
    {{ of_this_turn(ref('entity_network'), ref('stg_transactions')) }}
),

beneficiary_network as (
    select
        transaction_no,
        members_30d
    from entity_network
    where is_device = 0
),

device_network as (
    select
        transaction_no,
        members_30d
    from entity_network
    where is_device = 1
),

chains as (
    {{ of_this_turn(ref('chains'), ref('stg_transactions')) }}
)

select
    sides.transaction_no,
    account_network.net_in_counterparties_7d,
    account_network.net_out_counterparties_7d,
    account_network.net_new_counterparties_7d,
    account_network.net_counterparty_is_new,
    account_network.net_in_amount_48h,
    account_network.net_out_amount_48h,
    account_network.net_pass_through_ratio_48h,
    peer_network.net_in_counterparties_7d as net_peer_in_counterparties_7d,
    peer_network.net_out_counterparties_7d as net_peer_out_counterparties_7d,
    peer_network.net_pass_through_ratio_48h as net_peer_pass_through_ratio_48h,
    beneficiary_network.members_30d as net_beneficiary_payers_30d,
    device_network.members_30d as net_device_customers_30d,
    chains.net_chain_hops,
    chains.net_inflow_gap_seconds,
    chains.net_return_hops
from sides
left join account_network
    on
        sides.transaction_no = account_network.transaction_no
        and sides.own_side = account_network.is_incoming
left join account_network as peer_network
    on
        sides.transaction_no = peer_network.transaction_no
        and sides.peer_side = peer_network.is_incoming
left join beneficiary_network
    on sides.transaction_no = beneficiary_network.transaction_no
left join device_network
    on sides.transaction_no = device_network.transaction_no
left join chains
    on sides.transaction_no = chains.transaction_no
