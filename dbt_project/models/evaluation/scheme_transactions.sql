{{ config(materialized='view' if target.type == 'duckdb' else 'table') }}

-- Which scheme each fraudulent transaction belongs to. What a scheme is stands here and nowhere
-- else.

select
    transaction_no,
    fraud_type,
    scheme_id
from {{ ref('transactions') }}
where label = 1
