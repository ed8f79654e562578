select
    account_id,
    beneficiary_id
from {{ source('raw', 'account_beneficiaries') }}
