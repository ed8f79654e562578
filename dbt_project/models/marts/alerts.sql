{{ config(materialized='view') }}

-- One row per transaction and fired rule. A view: the hits are narrow, the rest is looked up.

with rule_hits as (
    select * from {{ ref('rule_hits') }}
),

transactions as (
    select * from {{ ref('transactions') }}
),

rule_catalogue as (
    select * from {{ ref('rule_catalogue') }}
)

select
    transactions.transaction_id || '-' || rule_hits.rule_name as alert_id,
    transactions.transaction_id,
    rule_hits.rule_name,
    rule_catalogue.severity,
    rule_catalogue.category,
    transactions.timestamp,
    transactions.customer_id,
    transactions.sender_account_id,
    transactions.amount
from rule_hits
inner join transactions
    on rule_hits.transaction_no = transactions.transaction_no
inner join rule_catalogue
    on rule_hits.rule_name = rule_catalogue.rule_name
