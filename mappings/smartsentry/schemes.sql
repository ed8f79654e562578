select
    line,
    scheme_id,
    fraud_type,
    scheme_start_at,
    scheme_end_at,
    account_count,
    transaction_count,
    scheme_amount,
    skipped_signal,
    slow_flag
from source
