select
    line,
    account_id
from source
