{#-
    The checked value of one rule threshold, as a typed SQL literal.

    A var reaches SQL as text, so whatever is not a plain finite number from 0 up is refused here,
    while the project is parsed and before any SQL runs.

    name       the var, `<rule>__<input>`
    data_type  the column's type; with `integer` the value must be a whole number
-#}
{% macro threshold(name, data_type) -%}
    {%- set value = var(name) -%}
    {%- set is_number = value is number and value is not boolean -%}
    {%- if not is_number or value != value or value < 0 or value >= 1e14 -%}
        {{ exceptions.raise_compiler_error(
            "threshold " ~ name ~ ": got " ~ (value | tojson)
            ~ ", allowed is a number from 0 to below 1e14"
        ) }}
    {%- endif -%}
    {%- if data_type == "integer" and (value != value | int or value > 2147483647) -%}
        {{ exceptions.raise_compiler_error(
            "threshold " ~ name ~ ": got " ~ value
            ~ ", allowed is a whole number from 0 to 2147483647"
        ) }}
    {%- endif -%}
    cast({{ value | int if data_type == "integer" else value }} as {{ data_type }})
{%- endmacro %}
