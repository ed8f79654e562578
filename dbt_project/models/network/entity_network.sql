{{ config(
    materialized=by_day(),
    incremental_strategy="by_day",
    pre_hook="{{ forget_touched(ref('stg_transactions')) }}",
) }}

-- How many accounts had paid a beneficiary, and how many customers had used a device, up to each
-- transaction. Both are members of an entity, and one sweep counts them: a member enters the
-- window with a row that has no earlier row in it, and leaves one second after its last is 30 days
-- old.

with ledger as (
    select * from {{ ref('account_ledger') }}
),

transactions as (
    select * from {{ ref('stg_transactions') }}
),

meetings as (
    select
        transaction_no,
        cast(0 as tinyint) as is_device,
        counterparty_id as entity_id,
        -- what a beneficiary pays shows how many paid it, and adds no one
        case when direction = 'out' then account_id end as member_id,
        {{ elapsed_seconds("timestamp '1970-01-01'", 'timestamp') }} as unix_time
    from ledger
    where
        counterparty_kind = 'beneficiary'
        and {{ is_in_reach(2592000, "counterparty_id", ref('account_ledger')) }}

    union all

    select
        transaction_no,
        cast(1 as tinyint) as is_device,
        device_id as entity_id,
        customer_id as member_id,
        {{ elapsed_seconds("timestamp '1970-01-01'", 'timestamp') }} as unix_time
    from transactions
    where
        device_id is not null
        and {{ is_in_reach(2592000, "device_id", ref('stg_transactions')) }}
),

member_gaps as (
    select
        transaction_no,
        entity_id,
        is_device,
        member_id,
        unix_time,
        unix_time - lag(unix_time) over member_rows as since_previous,
        -- Spark would read member_rows-unix_time as one name without the brackets
        (lead(unix_time) over member_rows) - unix_time as until_next
    from meetings
    window
        member_rows as (
            partition by entity_id, is_device, member_id order by unix_time, transaction_no
        )
),

events as (
    select
        transaction_no,
        entity_id,
        is_device,
        unix_time,
        case when member_id is null or since_previous <= 2592000 then 0 else 1 end as entered
    from member_gaps

    union all

    select
        null as transaction_no,
        entity_id,
        is_device,
        unix_time + 2592001 as unix_time,
        -1 as entered
    from member_gaps
    where member_id is not null and (until_next > 2592000 or until_next is null)
),

swept as (
    select
        transaction_no,
        is_device,
        unix_time,
        sum(entered) over (
            partition by entity_id, is_device order by unix_time
            range between unbounded preceding and current row
        ) as members
    from events
)

select
    transaction_no,
    is_device,
    cast(members as integer) as members_30d
from swept
where
    transaction_no is not null
    and {{ is_touched_second() }}
