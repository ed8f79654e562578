select
    receipt_no,
    source_table,
    figure,
    item,
    value,
    warning
from {{ source('raw', 'load_receipt') }}
