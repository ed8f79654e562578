{{ config(
    materialized=by_day(),
    incremental_strategy="by_day",
    pre_hook="{{ forget_touched(ref('account_ledger'), 'later_no') }}",
) }}

{%- set chain_seconds = 3600 * network_bound("net_chain_hours") | int -%}
{%- set return_seconds = 86400 * network_bound("net_return_days") | int -%}
{%- set busy = network_bound("net_busy_account_transfers") -%}

-- Which transfer may have passed on the money of which earlier one.
--
-- The incoming transfers of each account are numbered in order of time; those of one second share
-- the last of their numbers, because a window has all of them or none. A window is then a range of
-- numbers, which ends with how many have come in by now. No range is longer than the busy bound, so
-- the work grows with the transfers, not with the pairs of one account. A chain's window is never
-- wider than a return's (macros/rules/network_bound.sql).

with transfers as (
    select
        transaction_no,
        account_id,
        direction,
        case when direction = 'in' then transaction_no end as incoming_no,
        amount,
        {{ elapsed_seconds("timestamp '1970-01-01'", 'timestamp') }} as unix_time
    from {{ ref('account_ledger') }}
    where
        counterparty_kind = 'account'
        and counterparty_id != account_id
        and {{ is_in_reach(return_seconds, "account_id", ref('account_ledger')) }}
),

counted as (
    select
        transaction_no,
        account_id,
        direction,
        amount,
        unix_time,
        count(incoming_no) over until_now as came_in,
        count(incoming_no) over chain_window as chain_width,
        count(incoming_no) over return_window as return_width
    from transfers
    window
        until_now as (
            partition by account_id order by unix_time
            range between unbounded preceding and current row
        ),
        chain_window as (
            partition by account_id order by unix_time
            range between {{ chain_seconds }} preceding and current row
        ),
        return_window as (
            partition by account_id order by unix_time
            range between {{ return_seconds }} preceding and current row
        )
),

outgoing as (
    select
        *,
        case when return_width <= {{ busy }} then return_width else chain_width end as width
    from counted
    where
        direction = 'out'
        and chain_width <= {{ busy }}
        and {{ is_touched_second() }}
),

looked_at as (
    select
        transaction_no,
        account_id,
        amount,
        unix_time,
        return_width,
        {{ unnest(sequence("came_in - width + 1", "came_in")) }} as place
    from outgoing
),

incoming as (
    select * from counted
    where direction = 'in'
)

select
    looked_at.transaction_no as later_no,
    incoming.transaction_no as earlier_no,
    cast(looked_at.unix_time - incoming.unix_time as bigint) as seconds,
    cast(
        looked_at.unix_time - incoming.unix_time <= {{ chain_seconds }} as tinyint
    ) as is_chain_link,
    cast(looked_at.return_width <= {{ busy }} as tinyint) as is_return_link
from looked_at
inner join incoming
    on
        looked_at.account_id = incoming.account_id
        and looked_at.place = incoming.came_in
where
    looked_at.amount
    between {{ network_bound("net_amount_share_min") }} * incoming.amount
    and {{ network_bound("net_amount_share_max") }} * incoming.amount
    -- of the same second, those with a lower number
    and (
        looked_at.unix_time > incoming.unix_time
        or looked_at.transaction_no > incoming.transaction_no
    )
