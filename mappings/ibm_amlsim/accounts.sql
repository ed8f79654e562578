select
    line,
    acct_id as account_id,
    'C' || acct_id as customer_id, -- one customer per account
    initial_deposit as avg_balance
from source
