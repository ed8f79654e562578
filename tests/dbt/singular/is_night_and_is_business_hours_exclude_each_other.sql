select transaction_id
from {{ touched_only(ref('transactions')) }}
where is_night = 1 and is_business_hours = 1
