{#-
    What a threshold can be compared with. The input is the second part of its name,
    `<rule>__<input>`. It decides the type, the unit and how threshold tuning moves the threshold.

    data_type  of the threshold's column in `rule_thresholds`
    kind       thresholds of one kind move together: `amount` (of money, a ratio or a z-score),
               `count` or `age`; an upper limit never moves
    unit       what the threshold is, in words
-#}
{% macro threshold_inputs() -%}
    {{ return({
        "amount": {"data_type": "decimal(18,2)", "kind": "amount", "unit": "amount (INR / money_unit)"},
        "amount_min": {"data_type": "decimal(18,2)", "kind": "amount", "unit": "amount (INR / money_unit)"},
        "amount_max": {"data_type": "decimal(18,2)", "kind": none, "unit": "amount (INR / money_unit)"},
        "total_amount": {"data_type": "decimal(18,2)", "kind": "amount", "unit": "sum of amounts (INR / money_unit)"},
        "ratio": {"data_type": "decimal(18,4)", "kind": "amount", "unit": "ratio"},
        "zscore": {"data_type": "decimal(18,4)", "kind": "amount", "unit": "z-score"},
        "txn_count": {"data_type": "integer", "kind": "count", "unit": "count of transactions"},
        "account_open_days": {"data_type": "integer", "kind": "age", "unit": "age of the account in days"},
        "device_age_days": {"data_type": "integer", "kind": "age", "unit": "age of the device in days"},
    }) }}
{%- endmacro %}
