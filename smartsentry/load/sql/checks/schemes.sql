select
    typed.line,
    typed.scheme_id as source_id,
    typed.scheme_id,
    typed.fraud_type,
    whole_time(typed.scheme_start_at) as scheme_start_at,
    whole_time(typed.scheme_end_at) as scheme_end_at,
    typed.account_count,
    typed.transaction_count,
    typed.scheme_amount,
    typed.skipped_signal,
    typed.slow_flag,
    typed.missed,
    nullif(
        concat_ws(
            chr(10),
            typed.unread,
            missing('scheme_id', typed.scheme_id),
            missing('fraud_type', typed.fraud_type),
            missing('scheme_start_at', typed.scheme_start_at),
            outside_time('scheme_start_at', typed.scheme_start_at),
            missing('scheme_end_at', typed.scheme_end_at),
            outside_time('scheme_end_at', typed.scheme_end_at),
            missing('account_count', typed.account_count),
            outside_range('account_count', typed.account_count, 0, 2147483647),
            missing('transaction_count', typed.transaction_count),
            outside_range('transaction_count', typed.transaction_count, 0, 2147483647),
            missing('scheme_amount', typed.scheme_amount),
            bad_money('scheme_amount', typed.scheme_amount),
            case when typed.scheme_amount < 0 then 'scheme_amount is below 0' end
        ),
        ''
    ) as reasons
from typed
