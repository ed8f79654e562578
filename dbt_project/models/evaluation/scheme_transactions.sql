{{ config(materialized='view' if target.type == 'duckdb' else 'table') }}

-- Which scheme each fraudulent transaction belongs to. Only this model decides what
-- a scheme is.

select
    transaction_no,
    fraud_type,
    scheme_id
from {{ ref('transactions') }}
where label = 1
