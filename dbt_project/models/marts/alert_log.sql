{{ config(materialized='view' if target.type == 'duckdb' else 'table') }}

-- When each alert came and went, in builds since the last whole one.

with hit_log as (
    select * from {{ ref('hit_log') }}
),

last_build as (
    select max(build_no) as build_no from {{ ref('build_log') }}
)

select
    'T' || cast(hit_log.transaction_no as string) || '-' || hit_log.rule_name as alert_id,
    'T' || cast(hit_log.transaction_no as string) as transaction_id,
    hit_log.rule_name,
    hit_log.first_seen_build,
    coalesce(hit_log.last_seen_build, last_build.build_no) as last_seen_build,
    hit_log.withdrawn_build,
    hit_log.withdrawn_reason
from hit_log
cross join last_build
