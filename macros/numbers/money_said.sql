{#- Rupees as India writes them; money of another unit without a sign and in groups of three. -#}
{% macro money_said(amount) -%}
    {%- set sign, size = ("₹", 2) if money_is_in_rupees() else ("", 3) -%}
    {%- set digits = "cast(abs(" ~ amount ~ ") as string)" -%}
    {%- set reversed = "reverse(left(" ~ digits ~ ", length(" ~ digits ~ ") - 6))" -%}
    case when {{ amount }} < 0 then '-{{ sign }}' else '{{ sign }}' end
    || case
        when abs({{ amount }}) < 1000 then {{ digits }}
        -- the digits before the last three, in groups from the right
        else
            trim(leading ',' from reverse({{ groups_with_commas(reversed, size) }}))
            || ',' || right({{ digits }}, 6)
    end
{%- endmacro %}

{% macro groups_with_commas(text, size) -%}
    {{ return(adapter.dispatch("groups_with_commas")(text, size)) }}
{%- endmacro %}

{% macro default__groups_with_commas(text, size) -%}
    regexp_replace({{ text }}, '({{ "." * size }})', '\1,', 'g')
{%- endmacro %}

{% macro spark__groups_with_commas(text, size) -%}
    regexp_replace({{ text }}, '({{ "." * size }})', '$1,')
{%- endmacro %}
