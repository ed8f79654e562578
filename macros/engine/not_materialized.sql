{#-
    For a CTE of which several later ones read a part: each then computes only its own part. By
    default DuckDB materializes the whole CTE once; Spark never does.
-#}
{% macro not_materialized() -%}
    {{ return(adapter.dispatch("not_materialized")()) }}
{%- endmacro %}

{% macro default__not_materialized() -%}
    not materialized
{%- endmacro %}

{% macro spark__not_materialized() -%}
{%- endmacro %}
