{{ config(
    materialized='incremental' if target.type == 'duckdb' else 'table',
    incremental_strategy='delete+insert',
    unique_key=['transaction_no', 'rule_name'],
    on_schema_change='fail',
) }}

-- Every hit of a rule since the last whole build, and the build that withdrew it. A build writes
-- only what it brought and what it took away. Of a day, only touched rows can have either.

with rule_hits as (
    select * from {{ ref('rule_hits') }}
    where {{ is_of_touched("transaction_no", ref('stg_transactions')) }}
),

build_log as (
    select * from {{ ref('build_log') }}
),

rule_log as (
    select * from {{ ref('rule_log') }}
),

stg_transactions as (
    select * from {{ ref('stg_transactions') }}
),

stg_superseded_rows as (
    select * from {{ ref('stg_superseded_rows') }}
),

last_build as (
    select max(build_no) as build_no from build_log
)

{% if is_incremental() -%}
    , before as (
        select * from {{ this }}
        where {{ is_of_touched("transaction_no", ref('stg_transactions')) }}
    ),

    -- What this build has more than the one before.
    brought as (
        select
            this_one.build_no,
            this_one.transactions > the_one_before.transactions as has_new_rows,
            the_one_before.superseded_rows as superseded_before
        from build_log as this_one
        inner join last_build
            on this_one.build_no = last_build.build_no
        inner join build_log as the_one_before
            on this_one.build_no = the_one_before.build_no + 1
    ),

    corrections as (
        select
            stg_superseded_rows.source_table,
            stg_superseded_rows.row_key,
            stg_superseded_rows.old_row
        from stg_superseded_rows
        cross join brought
        where stg_superseded_rows.superseded_no > brought.superseded_before
    ),

    -- The parties of a corrected row, as it was and as it is, or the corrected customer, account
    -- and so on. (Only DuckDB gets here; elsewhere each build is a whole one.)
    parties as (
        select
            unnest([
                'customer ' || (old_row ->> '$.customer_id'),
                'account ' || (old_row ->> '$.sender_account_id'),
                'account ' || (old_row ->> '$.receiver_account_id'),
                'beneficiary ' || (old_row ->> '$.beneficiary_id'),
                'device ' || (old_row ->> '$.device_id')
            ]) as party
        from corrections
        where source_table = 'transactions'
        union all
        select
            unnest([
                'customer ' || stg_transactions.customer_id,
                'account ' || stg_transactions.sender_account_id,
                'account ' || stg_transactions.receiver_account_id,
                'beneficiary ' || stg_transactions.beneficiary_id,
                'device ' || stg_transactions.device_id
            ]) as party
        from corrections
        inner join stg_transactions
            on corrections.row_key = stg_transactions.transaction_id
        where corrections.source_table = 'transactions'
        union all
        select
            case
                when source_table = 'customers' then 'customer '
                when source_table = 'devices' then 'device '
                when source_table = 'beneficiaries' then 'beneficiary '
                else 'account '
            end || row_key as party
        from corrections
        where source_table not in ('transactions', 'schemes')
    ),

    concerned as (
        select distinct party from parties
    ),

    gone as (
        select before.*
        from before
        left join rule_hits
            on
                before.transaction_no = rule_hits.transaction_no
                and before.rule_name = rule_hits.rule_name
        where before.withdrawn_build is null and rule_hits.transaction_no is null
    ),

    gone_parties as (
        select
            gone.transaction_no,
            gone.rule_name,
            unnest([
                'customer ' || stg_transactions.customer_id,
                'account ' || stg_transactions.sender_account_id,
                'account ' || stg_transactions.receiver_account_id,
                'beneficiary ' || stg_transactions.beneficiary_id,
                'device ' || stg_transactions.device_id
            ]) as party
        from gone
        inner join stg_transactions
            on gone.transaction_no = stg_transactions.transaction_no
    ),

    corrected_hits as (
        select distinct
            gone_parties.transaction_no,
            gone_parties.rule_name
        from gone_parties
        inner join concerned
            on gone_parties.party = concerned.party
    )

    select
        rule_hits.transaction_no,
        rule_hits.rule_name,
        coalesce(before.first_seen_build, last_build.build_no) as first_seen_build,
        cast(null as integer) as last_seen_build,
        cast(null as integer) as withdrawn_build,
        cast(null as string) as withdrawn_reason
    from rule_hits
    cross join last_build
    left join before
        on
            rule_hits.transaction_no = before.transaction_no
            and rule_hits.rule_name = before.rule_name
    where before.transaction_no is null or before.withdrawn_build is not null

    union all

    select
        gone.transaction_no,
        gone.rule_name,
        gone.first_seen_build,
        brought.build_no - 1 as last_seen_build,
        brought.build_no as withdrawn_build,
        case
            when rule_log.rule_name is not null then 'threshold'
            when corrected_hits.rule_name is not null then 'correction'
            when brought.has_new_rows then 'late row'
            when (select count(*) from corrections) > 0 then 'correction'
            -- A day whose file brought no transaction brought, say, a device that nobody knew.
            else '{{ "late row" if is_day() else "threshold" }}'
        end as withdrawn_reason
    from gone
    cross join brought
    left join rule_log
        on gone.rule_name = rule_log.rule_name and brought.build_no = rule_log.build_no
    left join corrected_hits
        on
            gone.transaction_no = corrected_hits.transaction_no
            and gone.rule_name = corrected_hits.rule_name
{%- else -%}
    select
        rule_hits.transaction_no,
        rule_hits.rule_name,
        last_build.build_no as first_seen_build,
        cast(null as integer) as last_seen_build,
        cast(null as integer) as withdrawn_build,
        cast(null as string) as withdrawn_reason
    from rule_hits
    cross join last_build
{%- endif %}
