{{ config(
    materialized=by_day(),
    incremental_strategy="by_day",
    pre_hook=[
        "{{ forget_touched(ref('stg_transactions')) }}",
        "{{ begin_turns(ref('stg_transactions')) }}",
    ],
    post_hook="{{ take_other_turns(ref('stg_transactions')) }}",
) }}

-- Which rules of each group fired on a transaction, as one whole number per group. Narrow, because
-- the scorecard and the case lines need the flags before the wide row is written.

with rules as (
    select * from {{ ref('transaction_rules') }}
    where {{ is_touched() }}
),

severities as (
    {{ rule_severities() }}
)

select
    rules.transaction_no,
    cast(date_trunc('month', rules.timestamp) as date) as score_month,
    {{ each_score_group("cast(PATTERN as integer) as GROUP", ",") }},
    {{ weighted_rule_score() }} as weighted_rule_score
from rules
cross join severities
