-- The fired rules in long form, taken from the wide row.

with flags as (
    select
        transaction_no,
        {{ each_rule("rule_RULE", ",") }}
    from {{ ref('transactions') }}
)

select
    transaction_no,
    substr(rule_column, 6) as rule_name -- without the prefix rule_
from flags
unpivot (
    fired for rule_column in (
        {{ each_rule("rule_RULE", ",") }}
    )
)
where fired = 1
