{#-
    Groups of rules that the scorecard looks at together, with their categories. Every other category
    is a group by itself. Two categories that see the same thing would count it twice: an account's
    busy hour is its customer's busy hour too. docs/notes/scorecard.md compares the choices.
-#}
{% macro joined_categories() -%}
    {{ return({
        "velocity": ["account_level_velocity", "customer_level_velocity"],
        "amount_and_balance": ["amount_and_cash", "cash_structuring_patterns", "balance_and_ratio"],
        "counterparty": ["beneficiary_risk", "combined_multi_signal_rules"],
    }) }}
{%- endmacro %}
