select
    source.line,
    source.tran_id as transaction_id,
    source.orig_acct as sender_account_id,
    source.bene_acct as receiver_account_id,
    source.tran_timestamp as timestamp,
    source.base_amt as amount,
    source.is_sar as label,
    nullif(source.alert_id, '-1') as scheme_id,
    patterns.alert_type as fraud_type
from source
-- A pattern that was not suspicious is no typology.
left join patterns on source.tran_id = patterns.tran_id and patterns.is_sar = 'True'
