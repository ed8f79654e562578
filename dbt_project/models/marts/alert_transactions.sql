{%- set most_hops = network_bound("net_max_hops") | int -%}
{{ config(
    materialized='table_function',
    parameters=['asked'],
    persist_docs={'relation': target.type == 'spark', 'columns': false},
    post_hook="{{ comment_on_table_macro() }}",
) }}

-- The transactions behind an alert: the alerted row and the other rows that its rule looks at. The
-- parameter `asked` is an alert.

with rule_hits as (
    select * from {{ same_file(ref('rule_hits')) }}
),

transactions as (
    select * from {{ same_file(ref('transactions')) }}
),

rule_catalogue as (
    select * from {{ same_file(ref('rule_catalogue')) }}
),

account_ledger as (
    select * from {{ same_file(ref('account_ledger')) }}
),

transfer_links as (
    select * from {{ same_file(ref('transfer_links')) }}
),

alerted as (
    select
        rule_hits.rule_name,
        transactions.transaction_no,
        transactions.timestamp,
        transactions.customer_id,
        transactions.sender_account_id,
        transactions.receiver_account_id,
        transactions.beneficiary_id,
        transactions.device_id,
        transactions.debit_credit,
        transactions.net_return_hops,
        transactions.txn_velocity_cumulative,
        rule_catalogue.scope,
        rule_catalogue.window_seconds,
        rule_catalogue.window_kind
    from rule_hits
    inner join transactions
        on rule_hits.transaction_no = transactions.transaction_no
    inner join rule_catalogue
        on rule_hits.rule_name = rule_catalogue.rule_name
    where
        transactions.transaction_id = upper(split_part(asked, '-', 1)) -- noqa: RF02
        and rule_hits.rule_name = lower(split_part(asked, '-', 2)) -- noqa: RF02
),

found as (
    select count(*) as matches from alerted
),

-- Rows of the same account, customer, device or beneficiary.
with_distance as (
    select
        transactions.transaction_no,
        transactions.txn_velocity_cumulative,
        alerted.transaction_no as alerted_transaction_no,
        alerted.window_seconds,
        alerted.window_kind,
        alerted.txn_velocity_cumulative as alerted_position,
        {{ elapsed_seconds('transactions.timestamp', 'alerted.timestamp') }} as seconds_before
    from transactions
    inner join alerted
        on
            case alerted.scope
                when 'customer' then transactions.customer_id = alerted.customer_id
                when 'device' then transactions.device_id = alerted.device_id
                when 'beneficiary' then transactions.beneficiary_id = alerted.beneficiary_id
                else transactions.sender_account_id = alerted.sender_account_id
            end
),

-- Rows that move the money of the account, or of the one on the other side, in whichever book.
ledger_rows as (
    select account_ledger.transaction_no
    from account_ledger
    inner join alerted
        on
            case alerted.scope
                when 'peer' then alerted.receiver_account_id
                else alerted.sender_account_id
            end = account_ledger.account_id
    where
        {{ elapsed_seconds('account_ledger.timestamp', 'alerted.timestamp') }}
        between 0 and alerted.window_seconds
        and (
            alerted.window_kind = 'ledger'
            or (
                alerted.window_kind = 'ledger_' || account_ledger.direction
                and account_ledger.counterparty_id is not null
            )
        )
),

links as (
    select
        transfer_links.earlier_no,
        transfer_links.later_no
    from transfer_links
    inner join alerted
        on
            (alerted.window_kind = 'chain_links' and transfer_links.is_chain_link = 1)
            or (alerted.window_kind = 'return_links' and transfer_links.is_return_link = 1)
),

-- The transfers that the money of the alerted one may have come by, hop by hop: first back, as far
-- as a chain goes.
hop_1 as (
    select transaction_no from alerted
),

{% for hop in range(2, most_hops + 1) -%}
    hop_{{ hop }} as (
        select distinct links.earlier_no as transaction_no
        from links
        inner join hop_{{ hop - 1 }} as later
            on links.later_no = later.transaction_no
    ),

{% endfor -%}
-- Then forward, along the ways that began at the account to which the money comes back.
departures as (
    select
        transactions.transaction_no,
        alerted.net_return_hops
    from alerted
    inner join transactions
        on
            case alerted.debit_credit
                when 'credit' then alerted.sender_account_id
                else alerted.receiver_account_id
            end
            = case transactions.debit_credit
                when 'credit' then transactions.receiver_account_id
                else transactions.sender_account_id
            end
    where
        alerted.window_kind = 'return_links'
        and {{ elapsed_seconds('transactions.timestamp', 'alerted.timestamp') }}
        between 0 and 86400 * {{ network_bound("net_return_days") }}
),

{% for hop in range(most_hops, 1, -1) -%}
    way_{{ hop }} as (
        select hop_{{ hop }}.transaction_no
        from hop_{{ hop }}
        inner join departures
            on
                hop_{{ hop }}.transaction_no = departures.transaction_no
                and departures.net_return_hops = {{ hop }}
        {%- if not loop.first %}

            union distinct

            select hop_{{ hop }}.transaction_no
            from hop_{{ hop }}
            inner join links
                on hop_{{ hop }}.transaction_no = links.later_no
            inner join way_{{ hop + 1 }} as earlier
                on links.earlier_no = earlier.transaction_no
        {%- endif %}
    ),

{% endfor -%}
behind as (
    select transaction_no from with_distance
    where
        (window_kind = 'until_now' and seconds_before between 0 and window_seconds)
        or (window_kind = 'before_now' and seconds_before between 1 and window_seconds)
        or (window_kind = 'previous_row' and txn_velocity_cumulative = alerted_position - 1)

    union distinct

    select transaction_no from alerted

    union distinct

    select transaction_no from ledger_rows
    {%- for hop in range(2, most_hops + 1) %}

        union distinct

        select hop_{{ hop }}.transaction_no
        from hop_{{ hop }}
        inner join alerted on alerted.window_kind = 'chain_links'

        union distinct

        select transaction_no from way_{{ hop }}
    {%- endfor %}
),

shown as (
    select
        transactions.*,
        cast(transactions.transaction_no = alerted.transaction_no as tinyint) as is_alerted,
        {{ elapsed_seconds('transactions.timestamp', 'alerted.timestamp') }} as seconds_before
    from behind
    inner join transactions
        on behind.transaction_no = transactions.transaction_no
    cross join alerted
)

select
    shown.transaction_id,
    shown.timestamp,
    shown.seconds_before,
    shown.sender_account_id,
    shown.debit_credit,
    shown.transaction_type,
    shown.amount,
    shown.receiver_account_id,
    shown.beneficiary_id,
    shown.device_id,
    shown.is_alerted
from found
left join shown on true
where {{ refuse_none('found.matches', 'alert', 'an alert_id of the view alerts') }}
order by shown.timestamp, shown.transaction_no
