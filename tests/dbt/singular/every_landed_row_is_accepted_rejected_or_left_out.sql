-- Row by row: every row that a loader read is in its raw table, or rejected, or left out, and never
-- two of these. The raw table and the rejected rows hold only rows that were read. Tables that came
-- from no file have no landed rows, nor has what the seeder made, though files may be added to it.
with landed as (
    select * from {{ ref('stg_landed_rows') }}
),

rejected as (
    select * from {{ ref('stg_rejected_rows') }}
),

accepted as (
    select
        'transactions' as source_table,
        cast(transaction_no as string) as row_key
    from {{ ref('stg_transactions') }}
    union all
    select
        'customers' as source_table,
        customer_id as row_key
    from {{ ref('stg_customers') }}
    union all
    select
        'accounts' as source_table,
        account_id as row_key
    from {{ ref('stg_accounts') }}
    union all
    select
        'devices' as source_table,
        device_id as row_key
    from {{ ref('stg_devices') }}
    union all
    select
        'beneficiaries' as source_table,
        beneficiary_id as row_key
    from {{ ref('stg_beneficiaries') }}
    union all
    select
        'account_devices' as source_table,
        account_id as row_key
    from {{ ref('stg_account_devices') }}
    union all
    select
        'account_beneficiaries' as source_table,
        -- As the loader joins ids: a hyphen in one has a backslash before it.
        replace(replace(account_id, chr(92), chr(92) || chr(92)), '-', chr(92) || '-')
        || '-'
        || replace(replace(beneficiary_id, chr(92), chr(92) || chr(92)), '-', chr(92) || '-')
            as row_key
    from {{ ref('stg_account_beneficiaries') }}
    union all
    select
        'dormant_accounts' as source_table,
        account_id as row_key
    from {{ ref('stg_dormant_accounts') }}
    union all
    select
        'inactive_accounts' as source_table,
        account_id as row_key
    from {{ ref('stg_inactive_accounts') }}
    union all
    select
        'schemes' as source_table,
        scheme_id as row_key
    from {{ ref('stg_schemes') }}
),

settled as (
    select
        landed.source_table,
        case
            when landed.source_table = 'transactions' then cast(landed.landed_no as string)
            else landed.source_id
        end as row_key,
        rejected.landed_no is not null as is_rejected,
        landed.is_left_out = 1 as is_left_out
    from landed
    full join rejected
        on
            landed.source_table = rejected.source_table
            and landed.landed_no = rejected.landed_no
),

to_accept as (
    select * from settled
    where not is_rejected and not is_left_out
),

accepted_from_files as (
    select * from accepted
    where source_table in (select landed.source_table from landed)
),

made_up as (
    select count(seed) > 0 as is_made_up from {{ ref('stg_generation_run') }}
)

select
    coalesce(to_accept.source_table, accepted_from_files.source_table) as source_table,
    coalesce(to_accept.row_key, accepted_from_files.row_key) as row_key,
    accepted_from_files.row_key is not null as is_accepted
from to_accept
full join accepted_from_files
    on
        to_accept.source_table = accepted_from_files.source_table
        and to_accept.row_key = accepted_from_files.row_key
cross join made_up
where
    accepted_from_files.row_key is null
    or (to_accept.row_key is null and not made_up.is_made_up)

union all

-- A rejected row that was never landed, or was left out too.
select
    source_table,
    row_key,
    false as is_accepted
from settled
where is_rejected and (source_table is null or is_left_out)
