{{ config(
    materialized=by_day(),
    incremental_strategy="by_day",
    pre_hook="{{ forget_touched_days() }}",
) }}

-- For each day and threshold the 59 transactions below the line with the lowest hashes;
-- below_the_line_sample takes the 59 lowest of all days. So only touched days are looked at again.

-- Wide, and read three times: not materialized, so that each read takes only the columns it needs.
with features as {{ not_materialized() }} (
    select * from {{ ref('transactions') }}
    where {{ is_touched() }}
),

limits as (
    select * from {{ ref('threshold_scenarios') }}
    where factor in (0.8, 1.2)
),

threshold_steps as (
    select * from {{ ref('threshold_steps') }}
),

-- The rules with their flags in force. Read three times, each time for some rules and scenarios:
-- not materialized, so that nothing else is computed.
rules as {{ not_materialized() }} (
    select
        cast(features.timestamp as date) as day,
        limits.scenario,
        limits.kind,
        features.transaction_no,
        {{ each_rule("features.FLAG as in_force_RULE", ",") }},

        {{ all_rule_lines() | indent(8) }}
    from features
    cross join limits
),

moved as (
    {% for kind in ['amount', 'count', 'age'] %}
        select *
        from (
            select
                day,
                scenario,
                transaction_no,
                {{ each_rule("FLAG - in_force_RULE as RULE", ",", kind=kind) }}
            from rules
            where
                kind = '{{ kind }}'
                and (
                    {{ each_rule("FLAG > in_force_RULE", " or", kind=kind) | indent(12) }}
                )
        ) as moved_rules
        unpivot (
            fired for rule_name in (
                {{ each_rule("RULE", ",", kind=kind) | indent(8) }}
            )
        )
        {{ "union all" if not loop.last }}
    {% endfor %}
),

hits as (
    select
        day,
        scenario,
        transaction_no,
        rule_name
    from moved
    where fired = 1
),

-- In order of a hash: as good as random, and the same in every build.
band as (
    select
        hits.day,
        threshold_steps.rule_name,
        threshold_steps.input_name,
        threshold_steps.threshold_value as band_edge,
        hits.transaction_no,
        md5(hits.rule_name || ' ' || threshold_steps.input_name || ' ' || hits.transaction_no)
            as hash_text
    from hits
    inner join threshold_steps
        on
            hits.scenario = threshold_steps.scenario
            and hits.rule_name = threshold_steps.rule_name
),

starts as (
    select
        day,
        rule_name,
        input_name,
        substr(hash_text, 1, 2) as hash_start,
        count(*) as start_transactions
    from band
    group by all
),

so_far as (
    select
        day,
        rule_name,
        input_name,
        hash_start,
        start_transactions,
        sum(start_transactions) over (
            partition by day, rule_name, input_name
        ) as band_transactions,
        sum(start_transactions) over (
            partition by day, rule_name, input_name
            order by hash_start
            range between unbounded preceding and current row
        ) as transactions_up_to_it
    from starts
)

-- To get 59 of each band, there is no need to sort millions: a slice of the lowest hashes will do.
select
    band.day,
    band.rule_name,
    band.input_name,
    cast(band.band_edge as decimal(20, 4)) as band_edge,
    band.transaction_no,
    band.hash_text,
    cast(so_far.band_transactions as bigint) as band_transactions,
    cast(row_number() over (
        partition by band.day, band.rule_name, band.input_name
        order by band.hash_text asc, band.transaction_no asc
    ) as integer) as candidate_no
from band
inner join so_far
    on
        band.day = so_far.day
        and band.rule_name = so_far.rule_name
        and band.input_name = so_far.input_name
        and substr(band.hash_text, 1, 2) = so_far.hash_start
where so_far.transactions_up_to_it - so_far.start_transactions < 59
qualify candidate_no <= 59
