{{ config(
    materialized=by_day(),
    incremental_strategy="by_day",
    pre_hook="{{ forget_touched(ref('transactions')) }}",
) }}

-- The fired rules in long form, taken from the wide row.

with flags as (
    select
        transaction_no,
        {{ each_rule("FLAG as RULE", ",") }}
    from {{ ref('transactions') }}
    where {{ is_touched() }}
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
