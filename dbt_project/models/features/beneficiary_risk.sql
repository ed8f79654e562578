{{ config(materialized='view') }}

-- The high-risk pool: money that goes there is hard to follow or to get back.
select
    beneficiary_id,
    cast(
        coalesce(
            beneficiary_type in ('crypto', 'offshore') or beneficiary_country_risk = 'high',
            false
        ) as tinyint
    ) as high_risk_beneficiary
from {{ ref('stg_beneficiaries') }}
