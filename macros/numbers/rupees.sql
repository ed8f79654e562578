{#-
    An amount of money as text with the rupee sign and Indian digit grouping, thousands first and
    then hundreds: ₹1,23,456.00; a minus stands before the sign. The amount has two decimals.
-#}
{% macro rupees(amount) -%}
    {%- set digits = "cast(abs(" ~ amount ~ ") as string)" -%}
    {%- set reversed = "reverse(left(" ~ digits ~ ", length(" ~ digits ~ ") - 6))" -%}
    case when {{ amount }} < 0 then '-₹' else '₹' end
    || case
        when abs({{ amount }}) < 1000 then {{ digits }}
        -- what stands before the last three digits, in pairs from the right
        else
            trim(leading ',' from reverse({{ pairs_with_commas(reversed) }}))
            || ',' || right({{ digits }}, 6)
    end
{%- endmacro %}

{#- A comma after every second character of a text. Engines name what was found differently. -#}
{% macro pairs_with_commas(text) -%}
    {{ return(adapter.dispatch("pairs_with_commas")(text)) }}
{%- endmacro %}

{% macro default__pairs_with_commas(text) -%}
    regexp_replace({{ text }}, '(..)', '\1,', 'g')
{%- endmacro %}

{% macro spark__pairs_with_commas(text) -%}
    regexp_replace({{ text }}, '(..)', '$1,')
{%- endmacro %}
