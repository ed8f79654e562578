select
    line,
    account_id,
    device_id
from source
