{#-
    A condition for the `where` of a table function: an error if nothing was found, else true. It
    reads the count alone, so an engine tests it on the one row with the count, whatever else is
    joined to that row.
-#}
{% macro refuse_none(count, unknown, known) -%}
    {%- set message = "'Unknown " ~ unknown ~ " ' || coalesce(asked, 'null') || ': give " ~ known ~ ".'" -%}
    case when {{ count }} = 0 then {{ sql_error(message) }} else true end -- noqa: RF02
{%- endmacro %}
