-- Each flag set in the wide table is one alert, and each alert is a flag set there. The sum of
-- hashes shows whether a rule has the same transactions on both sides. Only rules with different
-- sums are compared row by row, because a comparison of all rows takes twice as long.
with flag_sums as (
    select
        {{ each_rule(
            "sum(case when FLAG = 1 then hash(transaction_id) end) as RULE", ","
        ) }}
    from {{ touched_only(ref('transactions')) }}
),

flagged as (
    select
        rule_name,
        hash_sum
    from flag_sums
    unpivot (
        hash_sum for rule_name in (
            {{ each_rule("RULE", ",") }}
        )
    )
),

alerted as (
    select
        rule_name,
        sum(hash(transaction_id)) as hash_sum
    from {{ ref('alerts') }}
    where {{ is_touched() }}
    group by rule_name
),

disagreeing as (
    select coalesce(flagged.rule_name, alerted.rule_name) as rule_name
    from flagged
    full outer join alerted
        on flagged.rule_name = alerted.rule_name
    where flagged.hash_sum is distinct from alerted.hash_sum
),

flags as (
    select
        transaction_id,
        {{ each_rule("FLAG as RULE", ",") }}
    from {{ touched_only(ref('transactions')) }}
),

both_sides as (
    select
        transaction_id,
        rule_name,
        1 as flags,
        0 as alerts
    from flags
    unpivot (
        fired for rule_name in (
            {{ each_rule("RULE", ",") }}
        )
    )
    where fired = 1

    union all

    select
        transaction_id,
        rule_name,
        0 as flags,
        1 as alerts
    from {{ ref('alerts') }}
    where {{ is_touched() }}
)

select
    rule_name,
    transaction_id,
    sum(flags) as flags,
    sum(alerts) as alerts
from both_sides
where rule_name in (select disagreeing.rule_name from disagreeing)
group by rule_name, transaction_id
having sum(flags) != sum(alerts)
