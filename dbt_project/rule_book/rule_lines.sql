{#-
    The 50 AML rules (notebook 2c, cell C-4), one CASE column each: 1 where the rule fires, else 0.

    This is their only copy, in plain SQL. They read two relations. `features` is everything known
    about a transaction. `limits` is one row of thresholds, named `<rule>__<input>`:
    transaction_rules applies those in force, and the models of threshold tuning apply moved ones.

    A null input makes the condition unknown, which is not true, so the rule does not fire.
-#}
{% macro rule_lines() -%}
-- A: amount and cash
case
    when
        features.cash_flag = 1
        and features.amount > limits.large_cash_deposit__amount
        then 1
    else 0
end as rule_large_cash_deposit,
case
    when
        features.cash_flag = 1
        and features.amount >= limits.cash_just_below_threshold__amount_min
        and features.amount <= limits.cash_just_below_threshold__amount_max
        then 1
    else 0
end as rule_cash_just_below_threshold,
case
    when features.amount > limits.high_value_transfer__amount then 1
    else 0
end as rule_high_value_transfer,
case
    when features.amount < limits.micro_transaction__amount then 1
    else 0
end as rule_micro_transaction,
case
    when
        features.is_round_amount = 1
        and features.amount >= limits.round_amount_large__amount
        then 1
    else 0
end as rule_round_amount_large,

-- B: temporal
case when features.is_night = 1 then 1 else 0 end as rule_night_transaction,
case
    when
        features.is_weekend = 1
        and features.amount > limits.weekend_high_value__amount
        then 1
    else 0
end as rule_weekend_high_value,
case
    when
        features.dormancy_flag = 1
        and features.amount > limits.dormant_account_activation__amount
        then 1
    else 0
end as rule_dormant_account_activation,

-- C: account-level velocity
case
    when features.txn_count_last_1hr > limits.high_acct_velocity_1hr__txn_count then 1
    else 0
end as rule_high_acct_velocity_1hr,
case
    when features.txn_count_last_24hr > limits.high_acct_velocity_24hr__txn_count then 1
    else 0
end as rule_high_acct_velocity_24hr,
case
    when features.txn_count_last_7d > limits.high_acct_velocity_7d__txn_count then 1
    else 0
end as rule_high_acct_velocity_7d,
case
    when features.total_amount_last_24hr > limits.high_acct_volume_24hr__total_amount then 1
    else 0
end as rule_high_acct_volume_24hr,
case
    when features.total_amount_last_7d > limits.high_acct_volume_7d__total_amount then 1
    else 0
end as rule_high_acct_volume_7d,
case
    when features.amount_zscore_30d > limits.amount_spike_30d__zscore then 1
    else 0
end as rule_amount_spike_30d,
case
    when features.txn_count_last_1hr > limits.rapid_burst__txn_count then 1
    else 0
end as rule_rapid_burst,

-- D: customer-level velocity
case
    when features.cust_txn_count_last_1hr > limits.high_cust_velocity_1hr__txn_count then 1
    else 0
end as rule_high_cust_velocity_1hr,
case
    when
        features.cust_txn_count_last_24hr > limits.high_cust_velocity_24hr__txn_count
        then 1
    else 0
end as rule_high_cust_velocity_24hr,
case
    when
        features.cust_total_amount_last_24hr > limits.high_cust_volume_24hr__total_amount
        then 1
    else 0
end as rule_high_cust_volume_24hr,
case
    when
        features.cust_total_amount_last_30d > limits.high_cust_volume_30d__total_amount
        then 1
    else 0
end as rule_high_cust_volume_30d,

-- E: balance and ratio
case
    when
        features.kyc_level = 'low'
        and features.amount > limits.low_kyc_high_amount__amount
        then 1
    else 0
end as rule_low_kyc_high_amount,
case
    when
        features.account_open_days < limits.new_account_large_txn__account_open_days
        and features.amount > limits.new_account_large_txn__amount
        then 1
    else 0
end as rule_new_account_large_txn,
case
    when features.amount_to_balance_ratio > limits.high_amount_to_balance__ratio then 1
    else 0
end as rule_high_amount_to_balance,

-- F: KYC and customer risk
case
    when features.customer_risk_rating = 'very_high' then 1
    else 0
end as rule_very_high_risk_customer,
case
    when features.pep_flag = 1 and features.amount > limits.pep_high_value__amount then 1
    else 0
end as rule_pep_high_value,
case when features.country_risk = 'high' then 1 else 0 end as rule_high_risk_country_sender,
case
    when
        features.account_type in ('corporate', 'business')
        and features.cash_flag = 1
        and features.amount > limits.corporate_large_cash__amount
        then 1
    else 0
end as rule_corporate_large_cash,

-- G: beneficiary risk
case
    when features.high_risk_beneficiary = 1 then 1
    else 0
end as rule_high_risk_beneficiary,
case when features.beneficiary_type = 'crypto' then 1 else 0 end as rule_crypto_transfer,
case
    when features.beneficiary_type = 'offshore' then 1
    else 0
end as rule_offshore_transfer,
case
    when features.beneficiary_country_risk = 'high' then 1
    else 0
end as rule_high_risk_bene_country,

-- H: device and IP
case when features.rooted_flag = 1 then 1 else 0 end as rule_rooted_device,
case when features.vpn_flag = 1 then 1 else 0 end as rule_vpn_proxy_detected,
case when features.emulator_flag = 1 then 1 else 0 end as rule_emulator_detected,
case
    when
        features.device_age_days < limits.new_device_large_txn__device_age_days
        and features.amount > limits.new_device_large_txn__amount
        then 1
    else 0
end as rule_new_device_large_txn,

-- I: channel
case
    when
        features.channel = 'atm'
        and features.amount > limits.atm_high_withdrawal__amount
        then 1
    else 0
end as rule_atm_high_withdrawal,
case
    when features.channel = 'branch' and features.is_night = 1 then 1
    else 0
end as rule_branch_night_txn,

-- J: cash structuring patterns
case
    when
        features.cash_flag = 1
        and features.amount >= limits.structuring_pattern__amount_min
        and features.amount <= limits.structuring_pattern__amount_max
        then 1
    else 0
end as rule_structuring_pattern,
case
    when
        features.cash_flag = 1
        and features.txn_count_last_7d > limits.multiple_small_cash__txn_count
        and features.amount < limits.multiple_small_cash__amount
        then 1
    else 0
end as rule_multiple_small_cash,

-- K: occupation and industry
case
    when features.industry in ('real_estate', 'construction', 'unknown') then 1
    else 0
end as rule_high_risk_industry,
case
    when
        features.occupation = 'student'
        and features.amount > limits.student_high_value__amount
        then 1
    else 0
end as rule_student_high_value,
case
    when
        features.occupation = 'unemployed'
        and features.amount > limits.unemployed_large_transfer__amount
        then 1
    else 0
end as rule_unemployed_large_transfer,
case
    when
        features.occupation = 'freelancer'
        and features.beneficiary_type = 'offshore'
        then 1
    else 0
end as rule_freelancer_offshore,

-- L: combined multi-signal rules
case
    when features.pep_flag = 1 and features.beneficiary_type = 'crypto' then 1
    else 0
end as rule_pep_crypto_transfer,
case
    when
        features.customer_risk_rating = 'very_high'
        and features.beneficiary_type = 'offshore'
        then 1
    else 0
end as rule_very_high_risk_offshore,
case
    when features.kyc_level = 'low' and features.beneficiary_type = 'offshore' then 1
    else 0
end as rule_low_kyc_offshore,
case
    when
        features.income_bracket = 'low'
        and features.amount > limits.low_income_large_txn__amount
        then 1
    else 0
end as rule_low_income_large_txn,
case
    when features.vpn_flag = 1 and features.beneficiary_type = 'offshore' then 1
    else 0
end as rule_vpn_offshore,
case
    when features.emulator_flag = 1 and features.beneficiary_type = 'crypto' then 1
    else 0
end as rule_emulator_crypto,
case
    when
        features.account_open_days < limits.new_account_offshore__account_open_days
        and features.beneficiary_type = 'offshore'
        then 1
    else 0
end as rule_new_account_offshore,
case
    when
        features.account_open_days < limits.new_acct_high_cust_velocity__account_open_days
        and features.cust_txn_count_last_24hr
        > limits.new_acct_high_cust_velocity__txn_count
        then 1
    else 0
end as rule_new_acct_high_cust_velocity
{%- endmacro %}
