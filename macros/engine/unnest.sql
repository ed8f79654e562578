{% macro unnest(list) -%}
    {{ return(adapter.dispatch("unnest")(list)) }}
{%- endmacro %}

{% macro default__unnest(list) -%}
    unnest({{ list }})
{%- endmacro %}

{% macro spark__unnest(list) -%}
    explode({{ list }})
{%- endmacro %}
