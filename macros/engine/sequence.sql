{% macro sequence(first, last) -%}
    {{ return(adapter.dispatch("sequence")(first, last)) }}
{%- endmacro %}

{% macro default__sequence(first, last) -%}
    generate_series({{ first }}, {{ last }})
{%- endmacro %}

{#- Spark's own counts down where the last number is below the first. -#}
{% macro spark__sequence(first, last) -%}
    filter(sequence({{ first }}, {{ last }}), place -> place between {{ first }} and {{ last }})
{%- endmacro %}
