-- A rule that reads a count, a sum or a distance over other rows looks at these rows. Its catalogue
-- row must say whose rows they are and how far back they go; otherwise alert_transactions() would
-- show only the alerted row.
with windowed_columns as (
    select
        column_name as input_name,
        'account' as scope
    from {{ existing_columns([ref('account_velocity')]) }}

    union all

    select
        column_name as input_name,
        'customer' as scope
    from {{ existing_columns([ref('customer_velocity')]) }}
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
        cast(
            nullif(regexp_extract(rule_inputs.input_name, '_([0-9]+)(hr|h|d)$', 1), '') as integer
        ) * case
            when rule_inputs.input_name like '%d' then 86400
            else 3600
        end as window_seconds
    from rule_inputs
    inner join windowed_columns
        on rule_inputs.input_name = windowed_columns.input_name
),

-- A rule with several such inputs looks at the widest window. 'customer' includes the rows of
-- 'account' and sorts after it.
expected as (
    select
        rule_name,
        max(scope) as scope,
        max(window_seconds) as window_seconds
    from windows
    group by rule_name
)

select
    rule_catalogue.rule_name,
    rule_catalogue.scope,
    coalesce(expected.scope, 'transaction') as scope_of_its_inputs,
    rule_catalogue.window_seconds,
    expected.window_seconds as window_seconds_of_its_inputs,
    rule_catalogue.window_kind
from rule_catalogue
left join expected
    on rule_catalogue.rule_name = expected.rule_name
where
    rule_catalogue.scope != coalesce(expected.scope, 'transaction')
    or rule_catalogue.window_seconds is distinct from expected.window_seconds
    or case
        when rule_catalogue.scope = 'transaction' then rule_catalogue.window_kind is not null
        when rule_catalogue.window_seconds is not null
            then coalesce(rule_catalogue.window_kind, '') not in ('until_now', 'before_now')
        -- Without a length it is the previous row, which is known only for an account.
        else
            rule_catalogue.scope != 'account'
            or coalesce(rule_catalogue.window_kind, '') != 'previous_row'
    end
