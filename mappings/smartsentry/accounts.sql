select
    line,
    account_id,
    customer_id,
    avg_balance,
    account_open_days
from source
