{#- Whole seconds as hours, minutes and seconds: 90061 is 25:01:01. -#}
{% macro duration_said(seconds) -%}
    cast(cast(floor({{ seconds }} / 3600) as bigint) as string)
    || ':' || lpad(cast(cast(floor({{ seconds }} / 60) as bigint) % 60 as string), 2, '0')
    || ':' || lpad(cast(cast({{ seconds }} as bigint) % 60 as string), 2, '0')
{%- endmacro %}
