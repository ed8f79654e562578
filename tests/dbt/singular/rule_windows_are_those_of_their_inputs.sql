-- A rule that reads a count, a sum or a distance over other rows looks at these rows. Its catalogue
-- row must say whose rows they are and how far back they go; otherwise alert_transactions() would
-- show only the alerted row.
--
-- A rule with inputs of several scopes looks at the rows of the scope with the highest rank:
-- 'customer' includes the rows of 'account', and what a device or beneficiary shares says more than
-- the account. Two network inputs look at no rows: a hop count is read only to tell transfers
-- between accounts, unless a gap is read too, and a new counterparty has no window.
with windowed_columns as (
    select
        column_name as input_name,
        'account' as scope,
        1 as rank,
        cast(null as string) as window_kind
    from {{ existing_columns([ref('account_velocity')]) }}

    union all

    select
        column_name as input_name,
        'customer' as scope,
        2 as rank,
        null as window_kind
    from {{ existing_columns([ref('customer_velocity')]) }}

    union all

    select
        column_name as input_name,
        case
            when column_name like 'net!_device!_%' escape '!' then 'device'
            when column_name like 'net!_beneficiary!_%' escape '!' then 'beneficiary'
            when column_name in ('net_inflow_gap_seconds', 'net_return_hops') then 'chain'
            when column_name like 'net!_peer!_%' escape '!' then 'peer'
            else 'account'
        end as scope,
        case
            when column_name like 'net!_device!_%' escape '!' then 6
            when column_name like 'net!_beneficiary!_%' escape '!' then 5
            when column_name in ('net_inflow_gap_seconds', 'net_return_hops') then 4
            when column_name like 'net!_peer!_%' escape '!' then 3
            else 1
        end as rank,
        case
            when column_name like 'net!_%!_30d' escape '!' then 'until_now'
            when column_name = 'net_inflow_gap_seconds' then 'chain_links'
            when column_name = 'net_return_hops' then 'return_links'
            when column_name like '%!_in!_%' escape '!' then 'ledger_in'
            when column_name like '%!_out!_%' escape '!' then 'ledger_out'
            else 'ledger'
        end as window_kind
    from {{ existing_columns([ref('transaction_network')]) }}
    where column_name not in ('transaction_no', 'net_chain_hops', 'net_counterparty_is_new')
),

rule_catalogue as (
    select * from {{ ref('rule_catalogue') }}
),

rule_inputs as (
    select
        rule_name,
        {{ unnest("split(inputs, ' ')") }} as input_name
    from rule_catalogue
),

-- The end of an input's name says how far back it goes: txn_count_last_7d.
windows as (
    select
        rule_inputs.rule_name,
        windowed_columns.scope,
        windowed_columns.window_kind,
        cast(
            nullif(regexp_extract(rule_inputs.input_name, '_([0-9]+)(hr|h|d)$', 1), '') as integer
        ) * case
            when rule_inputs.input_name like '%d' then 86400
            else 3600
        end as window_seconds
    from rule_inputs
    inner join windowed_columns
        on rule_inputs.input_name = windowed_columns.input_name
    qualify windowed_columns.rank = max(windowed_columns.rank) over (
        partition by rule_inputs.rule_name
    )
),

-- Of several windows the widest one counts. Rows of both directions are the account's ledger.
expected as (
    select
        rule_name,
        max(scope) as scope,
        max(window_seconds) as window_seconds,
        case
            when count(distinct window_kind) > 1 then 'ledger'
            else max(window_kind)
        end as window_kind
    from windows
    group by rule_name
)

select
    rule_catalogue.rule_name,
    rule_catalogue.scope,
    coalesce(expected.scope, 'transaction') as scope_of_its_inputs,
    rule_catalogue.window_seconds,
    expected.window_seconds as window_seconds_of_its_inputs,
    rule_catalogue.window_kind,
    expected.window_kind as window_kind_of_its_inputs
from rule_catalogue
left join expected
    on rule_catalogue.rule_name = expected.rule_name
where
    rule_catalogue.scope != coalesce(expected.scope, 'transaction')
    or rule_catalogue.window_seconds is distinct from expected.window_seconds
    or case
        when expected.window_kind is not null
            then coalesce(rule_catalogue.window_kind, '') != expected.window_kind
        when rule_catalogue.scope = 'transaction' then rule_catalogue.window_kind is not null
        when rule_catalogue.window_seconds is not null
            then coalesce(rule_catalogue.window_kind, '') not in ('until_now', 'before_now')
        -- Without a length it is the previous row, which is known only for an account.
        else
            rule_catalogue.scope != 'account'
            or coalesce(rule_catalogue.window_kind, '') != 'previous_row'
    end
