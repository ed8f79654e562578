-- Whether the data have what a rule looks at. A rule without its inputs does not fire, and that
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
-- dormant set, and where the beneficiary's type or country risk is known.
known as (
    select
        transactions.transaction_no,
        transactions.cash_flag is not null as cash_flag,
        transactions.amount is not null as amount,
        transactions.is_round_amount is not null as is_round_amount,
        transactions.is_night is not null as is_night,
        transactions.is_weekend is not null as is_weekend,
        dormant.accounts > 0 as dormancy_flag,
        transactions.txn_count_last_1hr is not null as txn_count_last_1hr,
        transactions.txn_count_last_24hr is not null as txn_count_last_24hr,
        transactions.txn_count_last_7d is not null as txn_count_last_7d,
        transactions.total_amount_last_24hr is not null as total_amount_last_24hr,
        transactions.total_amount_last_7d is not null as total_amount_last_7d,
        transactions.amount_zscore_30d is not null as amount_zscore_30d,
        transactions.cust_txn_count_last_1hr is not null as cust_txn_count_last_1hr,
        transactions.cust_txn_count_last_24hr is not null as cust_txn_count_last_24hr,
        transactions.cust_total_amount_last_24hr is not null as cust_total_amount_last_24hr,
        transactions.cust_total_amount_last_30d is not null as cust_total_amount_last_30d,
        transactions.kyc_level is not null as kyc_level,
        transactions.account_open_days is not null as account_open_days,
        transactions.amount_to_balance_ratio is not null as amount_to_balance_ratio,
        transactions.customer_risk_rating is not null as customer_risk_rating,
        transactions.pep_flag is not null as pep_flag,
        transactions.country_risk is not null as country_risk,
        transactions.account_type is not null as account_type,
        (
            transactions.beneficiary_type is not null
            or transactions.beneficiary_country_risk is not null
        ) as high_risk_beneficiary,
        transactions.beneficiary_type is not null as beneficiary_type,
        transactions.beneficiary_country_risk is not null as beneficiary_country_risk,
        transactions.rooted_flag is not null as rooted_flag,
        transactions.vpn_flag is not null as vpn_flag,
        transactions.emulator_flag is not null as emulator_flag,
        transactions.device_age_days is not null as device_age_days,
        transactions.channel is not null as channel,
        transactions.industry is not null as industry,
        transactions.occupation is not null as occupation,
        transactions.income_bracket is not null as income_bracket
    from transactions
    cross join dormant
),

-- Few rows: which inputs are known differs little from transaction to transaction. A pattern is
-- named after its first transaction.
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
            cash_flag,
            amount,
            is_round_amount,
            is_night,
            is_weekend,
            dormancy_flag,
            txn_count_last_1hr,
            txn_count_last_24hr,
            txn_count_last_7d,
            total_amount_last_24hr,
            total_amount_last_7d,
            amount_zscore_30d,
            cust_txn_count_last_1hr,
            cust_txn_count_last_24hr,
            cust_total_amount_last_24hr,
            cust_total_amount_last_30d,
            kyc_level,
            account_open_days,
            amount_to_balance_ratio,
            customer_risk_rating,
            pep_flag,
            country_risk,
            account_type,
            high_risk_beneficiary,
            beneficiary_type,
            beneficiary_country_risk,
            rooted_flag,
            vpn_flag,
            emulator_flag,
            device_age_days,
            channel,
            industry,
            occupation,
            income_bracket
        )
    )
),

rule_inputs as (
    select
        rule_name,
        inputs,
        {{ unnest("split(inputs, ' ')") }} as input_name
    from rule_catalogue
),

per_pattern as (
    select
        rule_inputs.rule_name,
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
        inputs,
        coalesce(sum(pattern_transactions) filter (where are_all_known), 0) as with_inputs,
        coalesce(sum(pattern_transactions), 0) as transactions
    from per_pattern
    group by rule_name, inputs
)

select
    rule_name,
    inputs,
    {{ ratio('with_inputs', 'transactions') }} as share_with_inputs,
    cast(with_inputs > 0 as tinyint) as is_applicable
from counted
