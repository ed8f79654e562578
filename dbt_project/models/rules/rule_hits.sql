-- The fired rules in long form, taken from the wide row.

with flags as (
    select
        transaction_no,
        {{ each_rule("FLAG as RULE", ",") }}
    from {{ ref('transactions') }}
)

select
    transaction_no,
    rule_name
from flags
unpivot (
    fired for rule_name in (
        {{ each_rule("RULE", ",") }}
    )
)
where fired = 1
