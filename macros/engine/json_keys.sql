{% macro json_keys(json, path) -%}
    {{ return(adapter.dispatch("json_keys")(json, path)) }}
{%- endmacro %}

{% macro default__json_keys(json, path) -%}
    json_keys({{ json }}, '{{ path }}')
{%- endmacro %}

{% macro spark__json_keys(json, path) -%}
    json_object_keys(get_json_object({{ json }}, '{{ path }}'))
{%- endmacro %}
