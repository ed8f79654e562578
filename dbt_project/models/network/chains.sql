{%- set most_hops = network_bound("net_max_hops") | int -%}

-- How far the money of a transfer between accounts may have come, and whether it came back.
--
-- One step for each hop. Of the ways from one account to one transfer only the last departure is
-- kept: what it cannot reach in time, an earlier one cannot either.

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
        links.earlier_no,
        links.later_no,
        later.payee_id,
        later.unix_time
    from links
    inner join transfers as later
        on links.later_no = later.transaction_no
    where links.is_return_link = 1
),

ways_of_1 as (
    select
        transaction_no,
        payer_id as origin_id,
        payee_id,
        unix_time as departed_at
    from transfers
),

{% for hops in range(2, most_hops + 1) -%}
    ways_of_{{ hops }} as (
        select
            return_links.later_no as transaction_no,
            shorter.origin_id,
            return_links.payee_id,
            max(shorter.departed_at) as departed_at
        from return_links
        inner join ways_of_{{ hops - 1 }} as shorter
            on return_links.earlier_no = shorter.transaction_no
        where
            return_links.unix_time - shorter.departed_at
            <= 86400 * {{ network_bound("net_return_days") }}
        group by return_links.later_no, shorter.origin_id, return_links.payee_id
    ),

{% endfor -%}
shortest_returns as (
    select
        transaction_no,
        min(hops) as hops
    from (
        {%- for hops in range(2, most_hops + 1) %}
            select
                transaction_no,
                {{ hops }} as hops
            from ways_of_{{ hops }}
            where origin_id = payee_id
            {%- if not loop.last %}
                union all
            {%- endif %}
        {%- endfor %}
    ) as ways_back
    group by transaction_no
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
