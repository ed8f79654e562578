-- Both are null where the data have no labels.
select transaction_id
from {{ touched_only(ref('transactions')) }}
where
    (label is null) != (fraud_type is null)
    or (label = 0) != (fraud_type = 'normal')
