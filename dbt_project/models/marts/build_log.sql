{{ config(
    materialized='incremental' if target.type == 'duckdb' else 'table',
    incremental_strategy='append',
    on_schema_change='fail',
) }}

-- A row more for each build in this file. A new file begins with 1.

with transactions as (
    select count(*) as transactions from {{ ref('stg_transactions') }}
),

superseded as (
    select count(*) as superseded_rows from {{ ref('stg_superseded_rows') }}
)

select
    cast(
        {% if is_incremental() %}
            (select coalesce(max(earlier.build_no), 0) from {{ this }} as earlier)
        {% else %}
            0
        {% endif %} + 1 as integer
    ) as build_no,
    {{ build_said().id }} as build_id,
    {{ build_said().moment }} as built_at,
    transactions.transactions,
    superseded.superseded_rows
from transactions
cross join superseded
