{#-
    The vars that bound chains of transfers: lowest value, highest value and decimals of each. Whatever
    they are, a chain's window is no wider than a return's, and the lower share is not above the upper.
-#}
{% macro network_bounds() -%}
    {{ return({
        "net_busy_account_transfers": [1, 1000, 0],
        "net_chain_hours": [1, 168, 0],
        "net_return_days": [7, 90, 0],
        "net_amount_share_min": [0, 1, 4],
        "net_amount_share_max": [1, 10, 4],
        "net_max_hops": [2, 6, 0],
    }) }}
{%- endmacro %}

{#-
    The checked value of one of them, as a number in SQL. Without an upper end, a what-if could ask
    for the pairs of all transfers of an account.
-#}
{% macro network_bound(name) -%}
    {{ return(number_within(name, network_bounds()[name])) }}
{%- endmacro %}

{#- The checked value of a var with a lowest and a highest value, as a number in SQL. -#}
{% macro number_within(name, bounds) -%}
    {%- set least, most, decimals = bounds -%}
    {%- set text = plain_number(name, decimals) -%}
    {%- if text is none or var(name) < least or var(name) > most -%}
        {{ exceptions.raise_compiler_error(
            name ~ ": got " ~ var_as_given(name) ~ ", allowed is a "
            ~ ("whole number" if decimals == 0 else "number") ~ " from " ~ least ~ " to " ~ most
            ~ (" with at most " ~ decimals ~ " decimals, written without an exponent" if decimals)
        ) }}
    {%- endif -%}
    {{ return(text) }}
{%- endmacro %}
