select
    disposition_no,
    case_id,
    decided_at,
    decision,
    decided_by,
    note,
    input_line
from {{ source('raw', 'dispositions') }}
