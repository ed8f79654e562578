{#-
    The checked var `money_unit`, as text: the rupees that one unit of the data's money is worth.

    A dearer unit would round the step of round amounts, 1,000 rupees, to 0.
-#}
{% macro money_unit() -%}
    {%- set text = plain_number("money_unit", 6) -%}
    {%- if text is none or var("money_unit") <= 0 or var("money_unit") > 200000 -%}
        {{ exceptions.raise_compiler_error(
            "money_unit: got " ~ var_as_given("money_unit") ~ ", allowed is a number above 0 and up to"
            ~ " 200000 with at most 6 decimals, written without an exponent"
        ) }}
    {%- endif -%}
    {{ return(text) }}
{%- endmacro %}

{% macro money_is_in_rupees() -%}
    {{ return(money_unit() | float == 1) }}
{%- endmacro %}

{#-
    An amount of rupees in the data's money. Whole millionths are divided by whole millionths, so
    that no quotient goes through a binary fraction: floor((2 * 100n + d) / 2d) is 100n/d rounded
    half up.
-#}
{% macro in_data_money(rupees) -%}
    {%- if money_is_in_rupees() -%}
        {{ return(rupees) }}
    {%- endif -%}
    {%- set n, d = _millionths(rupees), _millionths(money_unit()) -%}
    {%- set cents = (200 * n + d) // (2 * d) -%}
    {{ return("%d.%02d" % (cents // 100, cents % 100)) }}
{%- endmacro %}

{#- The multiple that makes an amount a round one: 1,000 rupees. -#}
{% macro round_amount_step() -%}
    {{ return(in_data_money("1000")) }}
{%- endmacro %}

{% macro _millionths(number) -%}
    {%- set parts = (number ~ ".").split(".") -%}
    {{ return((parts[0] ~ (parts[1] ~ "000000")[:6]) | int) }}
{%- endmacro %}
