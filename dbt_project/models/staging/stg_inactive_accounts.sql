select account_id
from {{ source('raw', 'inactive_accounts') }}
