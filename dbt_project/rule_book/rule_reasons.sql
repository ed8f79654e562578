{#-
    Why a rule fired, in one sentence per rule: exactly what its condition in rule_lines.sql tested,
    with the values of the transaction and the thresholds in force.

    The sentences read two relations. `hits` has the fired rule and its transaction, and as text
    `amount_said` (the amount), `movement_said` (the amount and its direction), `payment_said` (the
    direction and the beneficiary) and `time_said` (the time of day); money_said() turns any other
    amount into text. `limits` has the thresholds in force as text, and the step of round amounts.
    A sentence that counts or adds up says what: windows hold payments in and out.
-#}
{% macro rule_reasons() -%}
case hits.rule_name
    -- A: amount and cash
    when 'large_cash_deposit'
        then
            'Cash ' || hits.debit_credit || ' of ' || hits.amount_said
            || ', above ' || limits.large_cash_deposit__amount || '.'
    when 'cash_just_below_threshold'
        then
            'Cash ' || hits.debit_credit || ' of ' || hits.amount_said
            || ', between ' || limits.cash_just_below_threshold__amount_min
            || ' and ' || limits.cash_just_below_threshold__amount_max || '.'
    when 'high_value_transfer'
        then
            hits.movement_said
            || ', above ' || limits.high_value_transfer__amount || '.'
    when 'micro_transaction'
        then
            hits.movement_said
            || ', below ' || limits.micro_transaction__amount || '.'
    when 'round_amount_large'
        then
            'Round ' || hits.debit_credit || ' of ' || hits.amount_said || ', a multiple of '
            || limits.round_amount_step || ', at or above ' || limits.round_amount_large__amount || '.'

    -- B: temporal
    when 'night_transaction'
        then
            hits.movement_said || ' at ' || hits.time_said
            || ', within the night hours from 22:00:00 to 05:59:59.'
    when 'weekend_high_value'
        then
            hits.movement_said
            || case hits.day_of_week when 5 then ' on a Saturday' else ' on a Sunday' end
            || ', above ' || limits.weekend_high_value__amount || '.'
    when 'dormant_account_activation'
        then
            hits.movement_said
            || ', above ' || limits.dormant_account_activation__amount
            || ', on account ' || hits.sender_account_id
            || ' of the dormant set, with no row in its own book for more than 30 days ('
            || hits.days_since_previous_txn || ' full days).'

    -- C: account-level velocity
    when 'high_acct_velocity_1hr'
        then
            hits.txn_count_last_1hr || ' payments in and out of account ' || hits.sender_account_id
            || ' within 1 hour, more than ' || limits.high_acct_velocity_1hr__txn_count || '.'
    when 'high_acct_velocity_24hr'
        then
            hits.txn_count_last_24hr || ' payments in and out of account ' || hits.sender_account_id
            || ' within 24 hours, more than '
            || limits.high_acct_velocity_24hr__txn_count || '.'
    when 'high_acct_velocity_7d'
        then
            hits.txn_count_last_7d || ' payments in and out of account ' || hits.sender_account_id
            || ' within 7 days, more than ' || limits.high_acct_velocity_7d__txn_count || '.'
    when 'high_acct_volume_24hr'
        then
            {{ money_said('hits.total_amount_last_24hr') }}
            || ' in and out of account ' || hits.sender_account_id
            || ' within 24 hours, above ' || limits.high_acct_volume_24hr__total_amount || '.'
    when 'high_acct_volume_7d'
        then
            {{ money_said('hits.total_amount_last_7d') }}
            || ' in and out of account ' || hits.sender_account_id
            || ' within 7 days, above ' || limits.high_acct_volume_7d__total_amount || '.'
    when 'amount_spike_30d'
        then
            hits.movement_said || ', ' || hits.amount_zscore_30d
            || ' standard deviations above the mean, more than '
            || limits.amount_spike_30d__zscore || '. The ' || hits.baseline_count_30d
            || ' payments in and out of account ' || hits.sender_account_id
            || ' in the 30 days before have mean ' || {{ money_said('hits.baseline_mean_30d') }}
            || ' and standard deviation ' || {{ money_said('hits.baseline_deviation_30d') }} || '.'
    when 'rapid_burst'
        then
            hits.txn_count_last_1hr || ' payments in and out of account ' || hits.sender_account_id
            || ' within 1 hour, more than ' || limits.rapid_burst__txn_count || '.'

    -- D: customer-level velocity
    when 'high_cust_velocity_1hr'
        then
            hits.cust_txn_count_last_1hr || ' payments in and out over all accounts of customer '
            || hits.customer_id || ' within 1 hour, more than '
            || limits.high_cust_velocity_1hr__txn_count || '.'
    when 'high_cust_velocity_24hr'
        then
            hits.cust_txn_count_last_24hr || ' payments in and out over all accounts of customer '
            || hits.customer_id || ' within 24 hours, more than '
            || limits.high_cust_velocity_24hr__txn_count || '.'
    when 'high_cust_volume_24hr'
        then
            {{ money_said('hits.cust_total_amount_last_24hr') }}
            || ' in and out over all accounts of customer ' || hits.customer_id
            || ' within 24 hours, above ' || limits.high_cust_volume_24hr__total_amount || '.'
    when 'high_cust_volume_30d'
        then
            {{ money_said('hits.cust_total_amount_last_30d') }}
            || ' in and out over all accounts of customer ' || hits.customer_id
            || ' within 30 days, above ' || limits.high_cust_volume_30d__total_amount || '.'

    -- E: balance and ratio
    when 'low_kyc_high_amount'
        then
            hits.movement_said
            || ', above ' || limits.low_kyc_high_amount__amount
            || ', of customer ' || hits.customer_id || ' with KYC level low.'
    when 'new_account_large_txn'
        then
            hits.movement_said
            || ', above ' || limits.new_account_large_txn__amount
            || ', on an account of ' || hits.account_open_days || ' days, younger than '
            || limits.new_account_large_txn__account_open_days || '.'
    when 'high_amount_to_balance'
        then
            hits.movement_said || ' on account ' || hits.sender_account_id
            || ' with an amount-to-balance ratio of ' || hits.amount_to_balance_ratio
            || ', above ' || limits.high_amount_to_balance__ratio || '.'

    -- F: KYC and customer risk
    when 'very_high_risk_customer'
        then 'Customer ' || hits.customer_id || ' has the risk rating very_high.'
    when 'pep_high_value'
        then
            hits.movement_said
            || ', above ' || limits.pep_high_value__amount
            || ', of customer ' || hits.customer_id || ', a politically exposed person.'
    when 'high_risk_country_sender'
        then
            'The home jurisdiction of customer ' || hits.customer_id || ' is rated high risk.'
    when 'corporate_large_cash'
        then
            'Cash ' || hits.debit_credit || ' of ' || hits.amount_said
            || ', above ' || limits.corporate_large_cash__amount
            || ', of customer ' || hits.customer_id
            || ' with account type ' || hits.account_type || '.'

    -- G: beneficiary risk
    when 'high_risk_beneficiary'
        then
            hits.payment_said || ', which is in the high-risk pool: type '
            || coalesce(hits.beneficiary_type, 'unknown')
            || ', country risk '
            || coalesce(hits.beneficiary_country_risk, 'unknown') || '.'
    when 'crypto_transfer'
        then hits.payment_said || ', which is of type crypto.'
    when 'offshore_transfer'
        then hits.payment_said || ', which is of type offshore.'
    when 'high_risk_bene_country'
        then
            hits.payment_said || ', whose jurisdiction is rated high risk.'

    -- H: device and IP
    when 'rooted_device'
        then 'Device ' || hits.device_id || ' is rooted or jailbroken.'
    when 'vpn_proxy_detected'
        then 'Device ' || hits.device_id || ' was seen behind a VPN or proxy.'
    when 'emulator_detected'
        then 'Device ' || hits.device_id || ' is an emulator.'
    when 'new_device_large_txn'
        then
            hits.movement_said
            || ', above ' || limits.new_device_large_txn__amount
            || ', from device ' || hits.device_id || ' of ' || hits.device_age_days
            || ' days, younger than ' || limits.new_device_large_txn__device_age_days || '.'

    -- I: channel
    when 'atm_high_withdrawal'
        then
            hits.movement_said || ' at an ATM'
            || ', above ' || limits.atm_high_withdrawal__amount || '.'
    when 'branch_night_txn'
        then
            hits.movement_said || ' in a branch at ' || hits.time_said
            || ', within the night hours from 22:00:00 to 05:59:59.'

    -- J: cash structuring patterns
    when 'structuring_pattern'
        then
            'Cash ' || hits.debit_credit || ' of ' || hits.amount_said
            || ', between ' || limits.structuring_pattern__amount_min
            || ' and ' || limits.structuring_pattern__amount_max || '.'
    when 'multiple_small_cash'
        then
            'Cash ' || hits.debit_credit || ' of ' || hits.amount_said
            || ', below ' || limits.multiple_small_cash__amount
            || ', with ' || hits.txn_count_last_7d || ' payments in and out of account '
            || hits.sender_account_id || ' within 7 days, cash or not, more than '
            || limits.multiple_small_cash__txn_count || '.'

    -- K: occupation and industry
    when 'high_risk_industry'
        then
            'The industry of customer ' || hits.customer_id || ' is ' || hits.industry
            || ', one of real_estate, construction and unknown.'
    when 'student_high_value'
        then
            hits.movement_said
            || ', above ' || limits.student_high_value__amount
            || ', of customer ' || hits.customer_id || ', a student.'
    when 'unemployed_large_transfer'
        then
            hits.movement_said
            || ', above ' || limits.unemployed_large_transfer__amount
            || ', of customer ' || hits.customer_id || ', who is unemployed.'
    when 'freelancer_offshore'
        then
            hits.payment_said || ', which is of type offshore, and customer '
            || hits.customer_id || ' is a freelancer.'

    -- L: combined multi-signal rules
    when 'pep_crypto_transfer'
        then
            hits.payment_said || ', which is of type crypto, and customer '
            || hits.customer_id || ' is a politically exposed person.'
    when 'very_high_risk_offshore'
        then
            hits.payment_said || ', which is of type offshore, and customer '
            || hits.customer_id || ' has the risk rating very_high.'
    when 'low_kyc_offshore'
        then
            hits.payment_said || ', which is of type offshore, and customer '
            || hits.customer_id || ' has KYC level low.'
    when 'low_income_large_txn'
        then
            hits.movement_said
            || ', above ' || limits.low_income_large_txn__amount
            || ', of customer ' || hits.customer_id || ' with income bracket low.'
    when 'vpn_offshore'
        then
            hits.payment_said || ', which is of type offshore, and device '
            || hits.device_id || ' was seen behind a VPN or proxy.'
    when 'emulator_crypto'
        then
            hits.payment_said || ', which is of type crypto, and device '
            || hits.device_id || ' is an emulator.'
    when 'new_account_offshore'
        then
            hits.payment_said
            || ', which is of type offshore, and account ' || hits.sender_account_id || ' is '
            || hits.account_open_days || ' days old, younger than '
            || limits.new_account_offshore__account_open_days || '.'
    when 'new_acct_high_cust_velocity'
        then
            'Account ' || hits.sender_account_id || ' is ' || hits.account_open_days
            || ' days old, younger than '
            || limits.new_acct_high_cust_velocity__account_open_days
            || ', and customer ' || hits.customer_id || ' has '
            || hits.cust_txn_count_last_24hr || ' payments in and out within 24 hours, more than '
            || limits.new_acct_high_cust_velocity__txn_count || '.'
end
{%- endmacro %}
