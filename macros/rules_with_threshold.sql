{#-
    The names of the rules that read a threshold of a kind, as the rule lines themselves say. Where
    only these thresholds move, no other rule need be computed.

    kind  `amount` (of money, a ratio or a z-score), `count` or `age`
-#}
{% macro rules_with_threshold(kind) -%}
    {%- set inputs = {
        "amount": ["amount", "amount_min", "total_amount", "ratio", "zscore"],
        "count": ["txn_count"],
        "age": ["account_open_days", "device_age_days"],
    } -%}
    {%- set names = [] -%}
    {%- for rule, input in modules.re.findall("limits\\.([a-z0-9_]+?)__([a-z_]+)", rule_lines())
        if input in inputs[kind] and rule not in names -%}
        {%- do names.append(rule) -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
