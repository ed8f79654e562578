select account_id
from {{ source('raw', 'dormant_accounts') }}
