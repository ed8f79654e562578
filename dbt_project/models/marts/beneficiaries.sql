with beneficiaries as (
    select * from {{ ref('stg_beneficiaries') }}
),

beneficiary_risk as (
    select * from {{ ref('beneficiary_risk') }}
)

select
    beneficiaries.beneficiary_id,
    beneficiaries.beneficiary_type,
    beneficiaries.beneficiary_country_risk,
    beneficiary_risk.high_risk_beneficiary
from beneficiaries
inner join beneficiary_risk
    on beneficiaries.beneficiary_id = beneficiary_risk.beneficiary_id
