{% macro last_not_null(expression) -%}
    {{ return(adapter.dispatch("last_not_null")(expression)) }}
{%- endmacro %}

{% macro default__last_not_null(expression) -%}
    last_value({{ expression }} ignore nulls)
{%- endmacro %}

{% macro spark__last_not_null(expression) -%}
    last_value({{ expression }}, true)
{%- endmacro %}
