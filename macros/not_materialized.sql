{#-
    Between `as` and the bracket of a step that several later steps read parts of: each computes
    only its part. DuckDB would write the step down once, whole; Spark never does.
-#}
{% macro not_materialized() -%}
    {{ return(adapter.dispatch("not_materialized")()) }}
{%- endmacro %}

{% macro default__not_materialized() -%}
    not materialized
{%- endmacro %}

{% macro spark__not_materialized() -%}
{%- endmacro %}
