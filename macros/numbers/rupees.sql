{% macro rupees(amount) -%}
    {%- set digits = "cast(abs(" ~ amount ~ ") as string)" -%}
    {%- set reversed = "reverse(left(" ~ digits ~ ", length(" ~ digits ~ ") - 6))" -%}
    case when {{ amount }} < 0 then '-₹' else '₹' end
    || case
        when abs({{ amount }}) < 1000 then {{ digits }}
        -- the digits before the last three, in pairs from the right
        else
            trim(leading ',' from reverse({{ pairs_with_commas(reversed) }}))
            || ',' || right({{ digits }}, 6)
    end
{%- endmacro %}

{% macro pairs_with_commas(text) -%}
    {{ return(adapter.dispatch("pairs_with_commas")(text)) }}
{%- endmacro %}

{% macro default__pairs_with_commas(text) -%}
    regexp_replace({{ text }}, '(..)', '\1,', 'g')
{%- endmacro %}

{% macro spark__pairs_with_commas(text) -%}
    regexp_replace({{ text }}, '(..)', '$1,')
{%- endmacro %}
