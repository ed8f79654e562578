{{ config(materialized='view') }}

-- Which scheme each fraudulent transaction belongs to. What a scheme is stands here and nowhere
-- else: the flow, so far.

select
    transaction_no,
    fraud_type,
    synthetic_flow_id as scheme_id
from {{ ref('transactions') }}
where label = 1
