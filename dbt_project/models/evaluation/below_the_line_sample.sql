-- Transactions that a threshold only just lets pass: they are within 20% of it, on the side that
-- does not alert, and meet the rule's other conditions. To find them, the threshold moves by 20% in
-- either direction; the sample is what fires there but not in force. Only one direction finds any.
-- If 59 sampled transactions show no fraud, less than 5% of the band is fraud, at 95% confidence.

-- Wide, and read four times: not materialized, so that each read takes only the columns it needs.
with features as {{ not_materialized() }} (
    select * from {{ ref('transactions') }}
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
        scenario,
        transaction_no,
        rule_name
    from moved
    where fired = 1
),

-- In order of a hash: as good as random, and the same in every build.
band as (
    select
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
        rule_name,
        input_name,
        substr(hash_text, 1, 2) as hash_start,
        count(*) as start_transactions
    from band
    group by all
),

so_far as (
    select
        rule_name,
        input_name,
        hash_start,
        start_transactions,
        sum(start_transactions) over (partition by rule_name, input_name) as band_transactions,
        sum(start_transactions) over (
            partition by rule_name, input_name
            order by hash_start
            range between unbounded preceding and current row
        ) as transactions_up_to_it
    from starts
),

-- To get 59 of each band, there is no need to sort millions: a slice of the lowest hashes will do.
sampled as (
    select
        band.*,
        so_far.band_transactions,
        row_number() over (
            partition by band.rule_name, band.input_name
            order by band.hash_text asc, band.transaction_no asc
        ) as sample_no
    from band
    inner join so_far
        on
            band.rule_name = so_far.rule_name
            and band.input_name = so_far.input_name
            and substr(band.hash_text, 1, 2) = so_far.hash_start
    where so_far.transactions_up_to_it - so_far.start_transactions < 59
    qualify sample_no <= 59
)

-- A threshold whose band is empty keeps one row, without a transaction.
select
    threshold_steps.rule_name,
    threshold_steps.rule_set,
    threshold_steps.input_name,
    threshold_steps.threshold_value,
    sampled.band_edge,
    cast(coalesce(sampled.band_transactions, 0) as integer) as band_transactions,
    cast(coalesce(sampled.band_transactions, 0) < 59 as tinyint) as is_short,
    cast(coalesce(sampled.sample_no, 0) as integer) as sample_no,
    features.transaction_id,
    features.timestamp,
    features.customer_id,
    features.sender_account_id,
    features.amount,
    features.rule_trigger_count,
    features.network_trigger_count,
    features.rule_risk_score,
    features.fraud_type,
    features.label
from threshold_steps
left join sampled
    on
        threshold_steps.rule_name = sampled.rule_name
        and threshold_steps.input_name = sampled.input_name
left join features
    on sampled.transaction_no = features.transaction_no
where threshold_steps.factor = 1
