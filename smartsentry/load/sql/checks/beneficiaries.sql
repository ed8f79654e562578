select
    typed.line,
    typed.beneficiary_id as source_id,
    typed.beneficiary_id,
    typed.beneficiary_type,
    typed.beneficiary_country_risk,
    typed.missed,
    nullif(
        concat_ws(
            chr(10),
            typed.unread,
            missing('beneficiary_id', typed.beneficiary_id),
            outside_domain('beneficiary_type', typed.beneficiary_type),
            outside_domain('beneficiary_country_risk', typed.beneficiary_country_risk)
        ),
        ''
    ) as reasons
from typed
