{% macro elapsed_seconds(earlier, later) -%}
    {{ return(adapter.dispatch("elapsed_seconds")(earlier, later)) }}
{%- endmacro %}

{% macro default__elapsed_seconds(earlier, later) -%}
    date_diff('second', {{ earlier }}, {{ later }})
{%- endmacro %}

{% macro spark__elapsed_seconds(earlier, later) -%}
    timestampdiff(second, {{ earlier }}, {{ later }})
{%- endmacro %}
