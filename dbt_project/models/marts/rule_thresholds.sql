-- The thresholds in force, one column each; the values are vars in dbt_project.yml.
{%- set money = "decimal(18, 2)" %}
{%- set ratio = "decimal(18, 4)" %}

select
    {{ threshold('large_cash_deposit__amount', money) }} as large_cash_deposit__amount,
    {{ threshold('cash_just_below_threshold__amount_min', money) }}
        as cash_just_below_threshold__amount_min,
    {{ threshold('cash_just_below_threshold__amount_max', money) }}
        as cash_just_below_threshold__amount_max,
    {{ threshold('high_value_transfer__amount', money) }} as high_value_transfer__amount,
    {{ threshold('micro_transaction__amount', money) }} as micro_transaction__amount,
    {{ threshold('round_amount_large__amount', money) }} as round_amount_large__amount,
    {{ threshold('weekend_high_value__amount', money) }} as weekend_high_value__amount,
    {{ threshold('dormant_account_activation__amount', money) }}
        as dormant_account_activation__amount,
    {{ threshold('high_acct_velocity_1hr__txn_count', "integer") }}
        as high_acct_velocity_1hr__txn_count,
    {{ threshold('high_acct_velocity_24hr__txn_count', "integer") }}
        as high_acct_velocity_24hr__txn_count,
    {{ threshold('high_acct_velocity_7d__txn_count', "integer") }}
        as high_acct_velocity_7d__txn_count,
    {{ threshold('high_acct_volume_24hr__total_amount', money) }}
        as high_acct_volume_24hr__total_amount,
    {{ threshold('high_acct_volume_7d__total_amount', money) }}
        as high_acct_volume_7d__total_amount,
    {{ threshold('amount_spike_30d__zscore', ratio) }} as amount_spike_30d__zscore,
    {{ threshold('rapid_burst__txn_count', "integer") }} as rapid_burst__txn_count,
    {{ threshold('high_cust_velocity_1hr__txn_count', "integer") }}
        as high_cust_velocity_1hr__txn_count,
    {{ threshold('high_cust_velocity_24hr__txn_count', "integer") }}
        as high_cust_velocity_24hr__txn_count,
    {{ threshold('high_cust_volume_24hr__total_amount', money) }}
        as high_cust_volume_24hr__total_amount,
    {{ threshold('high_cust_volume_30d__total_amount', money) }}
        as high_cust_volume_30d__total_amount,
    {{ threshold('low_kyc_high_amount__amount', money) }} as low_kyc_high_amount__amount,
    {{ threshold('new_account_large_txn__account_open_days', "integer") }}
        as new_account_large_txn__account_open_days,
    {{ threshold('new_account_large_txn__amount', money) }} as new_account_large_txn__amount,
    {{ threshold('high_amount_to_balance__ratio', ratio) }} as high_amount_to_balance__ratio,
    {{ threshold('pep_high_value__amount', money) }} as pep_high_value__amount,
    {{ threshold('corporate_large_cash__amount', money) }} as corporate_large_cash__amount,
    {{ threshold('new_device_large_txn__device_age_days', "integer") }}
        as new_device_large_txn__device_age_days,
    {{ threshold('new_device_large_txn__amount', money) }} as new_device_large_txn__amount,
    {{ threshold('atm_high_withdrawal__amount', money) }} as atm_high_withdrawal__amount,
    {{ threshold('structuring_pattern__amount_min', money) }} as structuring_pattern__amount_min,
    {{ threshold('structuring_pattern__amount_max', money) }} as structuring_pattern__amount_max,
    {{ threshold('multiple_small_cash__txn_count', "integer") }} as multiple_small_cash__txn_count,
    {{ threshold('multiple_small_cash__amount', money) }} as multiple_small_cash__amount,
    {{ threshold('student_high_value__amount', money) }} as student_high_value__amount,
    {{ threshold('unemployed_large_transfer__amount', money) }}
        as unemployed_large_transfer__amount,
    {{ threshold('low_income_large_txn__amount', money) }} as low_income_large_txn__amount,
    {{ threshold('new_account_offshore__account_open_days', "integer") }}
        as new_account_offshore__account_open_days,
    {{ threshold('new_acct_high_cust_velocity__account_open_days', "integer") }}
        as new_acct_high_cust_velocity__account_open_days,
    {{ threshold('new_acct_high_cust_velocity__txn_count', "integer") }}
        as new_acct_high_cust_velocity__txn_count
