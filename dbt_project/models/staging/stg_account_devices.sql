select
    account_id,
    device_id
from {{ source('raw', 'account_devices') }}
