{%- set most_hops = network_bound("net_max_hops") | int -%}
{%- set return_seconds = "86400 * " ~ network_bound("net_return_days") -%}

-- How far the money of a transfer between accounts may have come, and whether it came back.
--
-- One step for each hop. A chain is followed forward. A return is searched backward, from each
-- transfer to an earlier one that its payee made, and a search that has found one ends: where
-- everybody pays everybody the short ways are many, and the long ones too many to look at. Of the
-- many ways back to one transfer one is kept.

with transfers as (
    select
        transaction_no,
        counterparty_id as payer_id,
        account_id as payee_id,
        {{ elapsed_seconds("timestamp '1970-01-01'", 'timestamp') }} as unix_time
    from {{ ref('account_ledger') }}
    where
        counterparty_kind = 'account'
        and counterparty_id != account_id
        and direction = 'in'
),

links as (
    select * from {{ ref('transfer_links') }}
),

chain_links as (
    select * from links
    where is_chain_link = 1
),

chains_of_2 as (
    select
        later_no,
        min(seconds) as seconds
    from chain_links
    group by later_no
),

{% for hops in range(3, most_hops + 1) -%}
    chains_of_{{ hops }} as (
        select distinct chain_links.later_no
        from chain_links
        inner join chains_of_{{ hops - 1 }} as shorter
            on chain_links.earlier_no = shorter.later_no
    ),

{% endfor -%}
longest_chains as (
    select
        later_no,
        max(hops) as hops
    from (
        {%- for hops in range(2, most_hops + 1) %}
            select
                later_no,
                {{ hops }} as hops
            from chains_of_{{ hops }}
            {%- if not loop.last %}
                union all
            {%- endif %}
        {%- endfor %}
    ) as all_chains
    group by later_no
),

return_links as (
    select
        links.later_no,
        links.earlier_no,
        earlier.payer_id,
        earlier.unix_time
    from links
    inner join transfers as earlier
        on links.earlier_no = earlier.transaction_no
    where links.is_return_link = 1
),

-- Whose money a transfer may pass on directly. What the last departure cannot reach in time, an
-- earlier one cannot either.
origins as (
    select
        later_no,
        payer_id,
        max(unix_time) as departed_at
    from return_links
    group by later_no, payer_id
),

back_in_2 as (
    select transfers.transaction_no
    from transfers
    inner join origins
        on
            transfers.transaction_no = origins.later_no
            and transfers.payee_id = origins.payer_id
    where transfers.unix_time - origins.departed_at <= {{ return_seconds }}
),

-- A search stands at the transfers that it has reached.
searched_to_2 as (
    select
        transfers.transaction_no,
        transfers.payee_id,
        transfers.unix_time,
        transfers.transaction_no as reached_no
    from transfers
    left join back_in_2
        on transfers.transaction_no = back_in_2.transaction_no
    where back_in_2.transaction_no is null
),

{% for hops in range(3, most_hops + 1) -%}
    back_in_{{ hops }} as (
        select distinct searched.transaction_no
        from searched_to_{{ hops - 1 }} as searched
        inner join return_links
            on searched.reached_no = return_links.later_no
        inner join origins
            on
                return_links.earlier_no = origins.later_no
                and searched.payee_id = origins.payer_id
        where searched.unix_time - origins.departed_at <= {{ return_seconds }}
    ),

    {% if hops < most_hops -%}
        searched_to_{{ hops }} as (
            select distinct
                searched.transaction_no,
                searched.payee_id,
                searched.unix_time,
                return_links.earlier_no as reached_no
            from searched_to_{{ hops - 1 }} as searched
            inner join return_links
                on searched.reached_no = return_links.later_no
            left join back_in_{{ hops }} as back
                on searched.transaction_no = back.transaction_no
            where
                back.transaction_no is null
                and searched.unix_time - return_links.unix_time <= {{ return_seconds }}
        ),

    {% endif -%}
{% endfor -%}
-- A search that is back ends, so a transfer is in one of these.
shortest_returns as (
    {%- for hops in range(2, most_hops + 1) %}
        select
            transaction_no,
            {{ hops }} as hops
        from back_in_{{ hops }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
)

select
    transfers.transaction_no,
    cast(coalesce(longest_chains.hops, 1) as integer) as net_chain_hops,
    chains_of_2.seconds as net_inflow_gap_seconds,
    cast(shortest_returns.hops as integer) as net_return_hops
from transfers
left join longest_chains
    on transfers.transaction_no = longest_chains.later_no
left join chains_of_2
    on transfers.transaction_no = chains_of_2.later_no
left join shortest_returns
    on transfers.transaction_no = shortest_returns.transaction_no
