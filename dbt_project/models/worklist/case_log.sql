{{ config(
    materialized='incremental' if target.type == 'duckdb' else 'table',
    incremental_strategy='delete+insert',
    unique_key='case_id',
    on_schema_change='fail',
) }}

-- When each case came and went, in builds since the last whole one. A build writes only what it
-- brought and what it took away.

with cases as (
    select * from {{ ref('cases') }}
),

last_build as (
    select max(build_no) as build_no from {{ ref('build_log') }}
)

{% if is_incremental() -%}
    , before as (
        select * from {{ this }}
    )

    select
        coalesce(cases.case_id, before.case_id) as case_id,
        coalesce(before.first_seen_build, last_build.build_no) as first_seen_build,
        case when cases.case_id is null then last_build.build_no end as withdrawn_build
    from cases
    full join before
        on cases.case_id = before.case_id
    cross join last_build
    where
        before.case_id is null
        or (cases.case_id is null) != (before.withdrawn_build is not null)
{%- else -%}
    select
        cases.case_id,
        last_build.build_no as first_seen_build,
        cast(null as integer) as withdrawn_build
    from cases
    cross join last_build
{%- endif %}
