{{ config(
    materialized='incremental' if target.type == 'duckdb' else 'table',
    incremental_strategy='append',
    on_schema_change='fail',
) }}

-- The thresholds of each rule since the build that brought them.

with catalogue as (
    select * from {{ ref('rule_catalogue_in_force') }}
),

last_build as (
    select max(build_no) as build_no from {{ ref('build_log') }}
)

{% if is_incremental() -%}
    , before as (
        select * from {{ this }}
        qualify row_number() over (partition by rule_name order by build_no desc) = 1
    )

{% endif -%}
select
    catalogue.rule_name,
    last_build.build_no,
    catalogue.thresholds
from catalogue
cross join last_build
{% if is_incremental() -%}
    left join before
        on catalogue.rule_name = before.rule_name
    where
        before.rule_name is null
        or before.thresholds is distinct from catalogue.thresholds
{%- endif %}
