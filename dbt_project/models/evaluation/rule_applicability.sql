-- Whether the data have the inputs of a rule. A rule without its inputs does not fire, but that
-- says nothing about the transactions.

with transactions as (
    select * from {{ ref('transactions') }}
),

rule_catalogue as (
    select * from {{ ref('rule_catalogue') }}
),

dormant as (
    select count(*) as accounts
    from {{ ref('dormant_account_set') }}
),

-- Two inputs are flags that are 0 where nothing is known. They count as known where the data have a
-- dormant set, and where the beneficiary's type or country risk is known. Two others are null where
-- no money came in before or came back. They count as known for each transfer between accounts, the
-- seconds since the money came in only where the data say the time of day.
known as (
    select
        transactions.transaction_no,
        {{ each_input(
            "transactions.INPUT is not null as INPUT",
            ",",
            [
                "dormancy_flag",
                "high_risk_beneficiary",
                "net_inflow_gap_seconds",
                "net_return_hops",
            ],
        ) }},
        dormant.accounts > 0 as dormancy_flag,
        (
            transactions.beneficiary_type is not null
            or transactions.beneficiary_country_risk is not null
        ) as high_risk_beneficiary,
        (
            transactions.net_chain_hops is not null and transactions.hour is not null
        ) as net_inflow_gap_seconds,
        transactions.net_chain_hops is not null as net_return_hops
    from transactions
    cross join dormant
),

-- One row for each combination of known inputs. There are few, because most transactions have the
-- same. A combination is named after its first transaction.
patterns as (
    select
        {{ all_but('transaction_no') }},
        min(transaction_no) as pattern_no,
        count(*) as pattern_transactions
    from known
    group by all
),

known_inputs as (
    select
        pattern_no,
        pattern_transactions,
        input_name,
        is_known
    from patterns
    unpivot (
        is_known for input_name in (
            {{ each_input("INPUT", ",") | indent(4) }}
        )
    )
),

rule_inputs as (
    select
        rule_name,
        rule_set,
        inputs,
        {{ unnest("split(inputs, ' ')") }} as input_name
    from rule_catalogue
),

per_pattern as (
    select
        rule_inputs.rule_name,
        rule_inputs.rule_set,
        rule_inputs.inputs,
        known_inputs.pattern_no,
        known_inputs.pattern_transactions,
        bool_and(known_inputs.is_known) as are_all_known
    from rule_inputs
    left join known_inputs
        on rule_inputs.input_name = known_inputs.input_name
    group by all
),

counted as (
    select
        rule_name,
        rule_set,
        inputs,
        coalesce(sum(pattern_transactions) filter (where are_all_known), 0) as with_inputs,
        coalesce(sum(pattern_transactions), 0) as transactions
    from per_pattern
    group by rule_name, rule_set, inputs
)

select
    rule_name,
    rule_set,
    inputs,
    {{ ratio('with_inputs', 'transactions') }} as share_with_inputs,
    cast(with_inputs > 0 as tinyint) as is_applicable
from counted
