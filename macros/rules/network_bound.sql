{#- The vars that bound chains of transfers: the range and the decimals that each may have. -#}
{% macro network_bounds() -%}
    {{ return({
        "net_busy_account_transfers": [1, 1000, 0],
        "net_chain_hours": [1, 720, 0],
        "net_return_days": [1, 90, 0],
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
    {%- set least, most, decimals = network_bounds()[name] -%}
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
