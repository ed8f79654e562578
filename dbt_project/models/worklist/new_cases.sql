{{ config(materialized='view' if target.type == 'duckdb' else 'table') }}

-- The cases that the last build brought, best first; after a whole build, all.

with case_log as (
    select * from {{ ref('case_log') }}
),

cases as (
    select * from {{ ref('cases') }}
),

last_build as (
    select max(build_no) as build_no from {{ ref('build_log') }}
)

select
    cases.case_id,
    cases.priority,
    cases.customer_id,
    cases.main_reasons,
    cases.opened_at,
    cases.last_qualifying_at,
    cases.qualifying_transactions,
    cases.alerts,
    cases.amount_in,
    cases.amount_out,
    cases.status,
    cases.is_snoozed
from cases
inner join case_log
    on cases.case_id = case_log.case_id
inner join last_build
    on case_log.first_seen_build = last_build.build_no
order by cases.priority desc, cases.opened_at asc, cases.case_id asc
