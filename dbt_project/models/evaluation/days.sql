{{ config(materialized='view' if target.type == 'duckdb' else 'table') }}

-- dbt wants a table of days beside metrics (models/metrics.yml), as a relation of its own.

select distinct date as date_day
from {{ ref('transactions') }}
