select account_id
from {{ ref('accounts') }}
where is_dormant = 1 and is_inactive = 1
