-- The fired rules in long form, derived from the one wide form of `transaction_rules`.

select
    transaction_no,
    substr(rule_column, 6) as rule_name -- without the prefix rule_
from (
    unpivot {{ ref('transaction_rules') }}
    on columns('^rule_')
    into name rule_column value fired
)
where fired = 1
