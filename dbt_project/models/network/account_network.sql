{{ config(
    materialized=by_day(),
    incremental_strategy="by_day",
    pre_hook="{{ forget_touched(ref('account_ledger')) }}",
) }}

-- Whom an account had paid or been paid by, and how much had come in and gone out, up to each row
-- of its book.
--
-- A sweep counts the distinct counterparties, as in customer_velocity: one enters the window with
-- a row that has no earlier row of the same direction in it, and leaves one second after its last
-- such row is 7 days old. An exit is an extra row without a number.
--
-- Each running sum takes as long as the sort, so one holds both counts: those who were paid count a
-- thousand million each, those who paid count 1.
{%- set paid = "cast(1000000000 as bigint)" %}

with ledger as {{ not_materialized() }} (
    select
        transaction_no,
        account_id,
        counterparty_id,
        -- numbers sort faster than texts
        cast(direction = 'in' as tinyint) as is_incoming,
        cast(counterparty_kind = 'account' as tinyint) as is_account,
        amount,
        {{ elapsed_seconds("timestamp '1970-01-01'", 'timestamp') }} as unix_time
    from {{ ref('account_ledger') }}
    where {{ is_in_reach(604800, "account_id", ref('account_ledger')) }}
),

{% if is_day() -%}
    -- Whom an account knew before the window of a day.
    known as ( -- noqa: ST03
        select distinct
            account_id,
            counterparty_id,
            cast(counterparty_kind = 'account' as tinyint) as is_account
        from {{ ref('account_ledger') }}
        where
            timestamp < {{ seam(604800) }}
            and counterparty_id is not null
            and account_id in (select ledger.account_id from ledger)
    ),

{% endif -%}
counterparty_gaps as (
    select
        transaction_no,
        account_id,
        counterparty_id,
        is_incoming,
        is_account,
        unix_time,
        amount,
        unix_time - lag(unix_time) over same_direction as since_previous,
        -- Spark would read same_direction-unix_time as one name without the brackets
        (lead(unix_time) over same_direction) - unix_time as until_next
    from ledger
    where counterparty_id is not null
    window
        same_direction as (
            partition by account_id, counterparty_id, is_account, is_incoming
            order by unix_time, transaction_no
        )
),

events as (
    -- The first row with a counterparty is the first of its direction too: few rows are left to
    -- be put in order once more.
    select
        transaction_no,
        account_id,
        is_incoming,
        unix_time,
        amount,
        1 as entered,
        {% if is_day() -%}
            case
                when row_number() over either_direction = 1 and (
                    account_id, counterparty_id, is_account
                ) not in (
                    select (known.account_id, known.counterparty_id, known.is_account) from known
                ) then 1
                else 0
            end as is_new
        {%- else -%}
            case when row_number() over either_direction = 1 then 1 else 0 end as is_new
        {%- endif %}
    from counterparty_gaps
    where since_previous is null
    window
        either_direction as (
            partition by account_id, counterparty_id, is_account
            order by unix_time, transaction_no
        )

    union all

    select
        transaction_no,
        account_id,
        is_incoming,
        unix_time,
        amount,
        case when since_previous <= 604800 then 0 else 1 end as entered,
        0 as is_new
    from counterparty_gaps
    where since_previous is not null

    union all

    -- Cash moves money and has no counterparty.
    select
        transaction_no,
        account_id,
        is_incoming,
        unix_time,
        amount,
        0 as entered,
        0 as is_new
    from ledger
    where counterparty_id is null

    union all

    select
        null as transaction_no,
        account_id,
        is_incoming,
        unix_time + 604801 as unix_time,
        0 as amount,
        -1 as entered,
        0 as is_new
    from counterparty_gaps
    where until_next > 604800 or until_next is null
),

windowed as (
    select
        transaction_no,
        is_incoming,
        is_new,
        unix_time,
        cast(
            sum(
                case when is_incoming = 1 then entered else entered * {{ paid }} end
            ) over until_now as bigint
        ) as payers_and_payees,
        sum(is_new) over last_7d as new_counterparties,
        sum(case when is_incoming = 1 then amount else 0 end) over last_48h as amount_in,
        sum(case when is_incoming = 0 then amount else 0 end) over last_48h as amount_out
    from events
    window
        last_48h as (
            partition by account_id order by unix_time
            range between 172800 preceding and current row
        ),
        last_7d as (
            partition by account_id order by unix_time
            range between 604800 preceding and current row
        ),
        until_now as (
            partition by account_id order by unix_time
            range between unbounded preceding and current row
        )
),

compared as (
    select
        *,
        payers_and_payees % {{ paid }} as payers,
        least(amount_in, amount_out) as smaller_amount,
        greatest(amount_in, amount_out) as larger_amount
    from windowed
)

select
    transaction_no,
    is_incoming,
    cast(payers as integer) as net_in_counterparties_7d,
    cast((payers_and_payees - payers) / {{ paid }} as integer) as net_out_counterparties_7d,
    cast(new_counterparties as integer) as net_new_counterparties_7d,
    cast(is_new as tinyint) as net_counterparty_is_new,
    cast(amount_in as decimal(18, 2)) as net_in_amount_48h,
    cast(amount_out as decimal(18, 2)) as net_out_amount_48h,
    {{ exact_ratio("smaller_amount", "larger_amount") }} as net_pass_through_ratio_48h
from compared
where
    transaction_no is not null
    and {{ is_touched_second() }}
