{#- A column whose name is a word of the engine's own. -#}
{% macro quoted(name) -%}
    {{ return(adapter.quote(name)) }}
{%- endmacro %}
