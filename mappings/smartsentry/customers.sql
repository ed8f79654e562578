select
    line,
    customer_id,
    age,
    customer_risk_rating,
    pep_flag,
    occupation,
    industry,
    account_type,
    kyc_level,
    income_bracket,
    country_risk,
    customer_since_days
from source
