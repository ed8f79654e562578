{% macro sql_error(message) -%}
    {{ return(adapter.dispatch("sql_error")(message)) }}
{%- endmacro %}

{% macro default__sql_error(message) -%}
    error({{ message }})
{%- endmacro %}

{% macro spark__sql_error(message) -%}
    raise_error({{ message }})
{%- endmacro %}
