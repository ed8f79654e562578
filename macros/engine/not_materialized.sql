{#-
    For a CTE that several later ones read parts of: each then computes only its part. DuckDB would
    write it down once, whole; Spark never does.
-#}
{% macro not_materialized() -%}
    {{ return(adapter.dispatch("not_materialized")()) }}
{%- endmacro %}

{% macro default__not_materialized() -%}
    not materialized
{%- endmacro %}

{% macro spark__not_materialized() -%}
{%- endmacro %}
