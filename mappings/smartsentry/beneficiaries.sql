select
    line,
    beneficiary_id,
    beneficiary_type,
    beneficiary_country_risk
from source
