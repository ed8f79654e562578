{% macro sequence(first, last) -%}
    {{ return(adapter.dispatch("sequence")(first, last)) }}
{%- endmacro %}

{% macro default__sequence(first, last) -%}
    generate_series({{ first }}, {{ last }})
{%- endmacro %}

{% macro spark__sequence(first, last) -%}
    sequence({{ first }}, {{ last }})
{%- endmacro %}
