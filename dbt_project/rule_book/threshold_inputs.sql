{#-
    What a threshold can be compared with. The input is the second part of its name,
    `<rule>__<input>`. It decides the type, the unit and how threshold tuning moves the threshold.

    data_type  of the threshold's column in `rule_thresholds`
    kind       thresholds of one kind move together: `amount` (of money, a ratio or a z-score),
               `count` or `age` (days or seconds). A `fixed` one never moves: an upper limit, and a
               second limit of the same kind in a rule
    unit       what the threshold is, in words
-#}
{% macro threshold_inputs() -%}
    {{ return({
        "amount": {"data_type": "decimal(18,2)", "kind": "amount", "unit": "amount (INR / money_unit)"},
        "amount_min": {"data_type": "decimal(18,2)", "kind": "amount", "unit": "amount (INR / money_unit)"},
        "amount_max": {"data_type": "decimal(18,2)", "kind": "fixed", "unit": "amount (INR / money_unit)"},
        "total_amount": {"data_type": "decimal(18,2)", "kind": "amount", "unit": "sum of amounts (INR / money_unit)"},
        "ratio": {"data_type": "decimal(18,4)", "kind": "amount", "unit": "ratio"},
        "zscore": {"data_type": "decimal(18,4)", "kind": "amount", "unit": "z-score"},
        "txn_count": {"data_type": "integer", "kind": "count", "unit": "count of transactions"},
        "counterparties": {"data_type": "integer", "kind": "count", "unit": "count of counterparties"},
        "counterparties_max": {"data_type": "integer", "kind": "fixed", "unit": "count of counterparties"},
        "accounts": {"data_type": "integer", "kind": "count", "unit": "count of accounts"},
        "payers": {"data_type": "integer", "kind": "fixed", "unit": "count of paying accounts"},
        "customers": {"data_type": "integer", "kind": "count", "unit": "count of customers"},
        "hops": {"data_type": "integer", "kind": "count", "unit": "count of transfers in a row"},
        "share": {"data_type": "decimal(18,4)", "kind": "fixed", "unit": "share of the money passed through"},
        "seconds": {"data_type": "integer", "kind": "age", "unit": "number of seconds"},
        "account_open_days": {"data_type": "integer", "kind": "age", "unit": "age of the account in days"},
        "device_age_days": {"data_type": "integer", "kind": "age", "unit": "age of the device in days"},
    }) }}
{%- endmacro %}
