{{ config(materialized='view') }}

-- How many rules fired on a transaction and how severe they are.

with rule_hits as (
    select * from {{ ref('rule_hits') }}
),

rule_catalogue as (
    select * from {{ ref('rule_catalogue') }}
)

select
    rule_hits.transaction_no,
    cast(count(*) as integer) as rule_trigger_count,
    cast(max(rule_catalogue.severity) as integer) as max_rule_severity,
    cast(sum(rule_catalogue.severity) as integer) as weighted_rule_score
from rule_hits
inner join rule_catalogue
    on rule_hits.rule_name = rule_catalogue.rule_name
group by rule_hits.transaction_no
