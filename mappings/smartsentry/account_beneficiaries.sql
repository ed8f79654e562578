select
    line,
    account_id,
    beneficiary_id
from source
