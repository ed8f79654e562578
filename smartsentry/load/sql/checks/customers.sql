-- A customer may lack any attribute.
select
    typed.line,
    typed.customer_id as source_id,
    typed.customer_id,
    typed.age,
    typed.customer_risk_rating,
    typed.pep_flag,
    typed.occupation,
    typed.industry,
    typed.account_type,
    typed.kyc_level,
    typed.income_bracket,
    typed.country_risk,
    typed.customer_since_days,
    typed.missed,
    nullif(
        concat_ws(
            chr(10),
            typed.unread,
            missing('customer_id', typed.customer_id),
            outside_range('age', typed.age, 0, 130),
            outside_domain('customer_risk_rating', typed.customer_risk_rating),
            outside_domain('occupation', typed.occupation),
            outside_domain('industry', typed.industry),
            outside_domain('account_type', typed.account_type),
            outside_domain('kyc_level', typed.kyc_level),
            outside_domain('income_bracket', typed.income_bracket),
            outside_domain('country_risk', typed.country_risk),
            outside_range('customer_since_days', typed.customer_since_days, 0, 2147483647)
        ),
        ''
    ) as reasons
from typed
