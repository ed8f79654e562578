{%- set chain_seconds = 3600 * network_bound("net_chain_hours") | int -%}
{%- set return_seconds = 86400 * network_bound("net_return_days") | int -%}
{%- set busy = network_bound("net_busy_account_transfers") -%}

-- Which transfer may have passed on the money of which earlier one.
--
-- The incoming transfers of each account are numbered in order of time. A window then is a range of
-- numbers that ends with the number of all that have come in by now, and it has at most `busy` of
-- them: an account with more is passed over. So the work grows with the transfers, never with the
-- pairs of transfers of one account.

with transfers as (
    select
        transaction_no,
        account_id,
        direction,
        amount,
        {{ elapsed_seconds("timestamp '1970-01-01'", 'timestamp') }} as unix_time
    from {{ ref('account_ledger') }}
    where counterparty_kind = 'account' and counterparty_id != account_id
),

counted as (
    select
        transaction_no,
        account_id,
        direction,
        amount,
        unix_time,
        row_number() over one_direction as place,
        count(case when direction = 'in' then 1 end) over until_now as came_in,
        count(case when direction = 'in' then 1 end) over chain_window as chain_width,
        count(case when direction = 'in' then 1 end) over return_window as return_width
    from transfers
    window
        one_direction as (
            partition by account_id, direction order by unix_time, transaction_no
        ),
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
        transaction_no,
        account_id,
        amount,
        unix_time,
        came_in,
        case when chain_width <= {{ busy }} then {{ chain_seconds }} else -1 end as chain_reach,
        case when return_width <= {{ busy }} then {{ return_seconds }} else -1 end as return_reach,
        greatest(
            case when chain_width <= {{ busy }} then chain_width else 0 end,
            case when return_width <= {{ busy }} then return_width else 0 end
        ) as width
    from counted
    where direction = 'out'
),

looked_at as (
    select
        transaction_no,
        account_id,
        amount,
        unix_time,
        chain_reach,
        return_reach,
        {{ unnest(sequence("came_in - width + 1", "came_in")) }} as place
    from outgoing
    where width > 0
),

incoming as (
    select
        transaction_no,
        account_id,
        amount,
        unix_time,
        place
    from counted
    where direction = 'in'
),

linked as (
    select
        looked_at.transaction_no as later_no,
        incoming.transaction_no as earlier_no,
        looked_at.unix_time - incoming.unix_time as seconds,
        looked_at.chain_reach,
        looked_at.return_reach
    from looked_at
    inner join incoming
        on
            looked_at.account_id = incoming.account_id
            and looked_at.place = incoming.place
    where
        looked_at.amount
        between {{ network_bound("net_amount_share_min") }} * incoming.amount
        and {{ network_bound("net_amount_share_max") }} * incoming.amount
        and (
            looked_at.unix_time > incoming.unix_time
            or looked_at.transaction_no > incoming.transaction_no
        )
)

select
    later_no,
    earlier_no,
    cast(seconds as bigint) as seconds,
    cast(seconds <= chain_reach as tinyint) as is_chain_link,
    cast(seconds <= return_reach as tinyint) as is_return_link
from linked
where seconds <= greatest(chain_reach, return_reach)
