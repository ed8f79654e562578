{#-
    DuckDB keeps no comments of a table macro's columns, and dbt-duckdb would comment on a table:
    this comments on the macro. On Spark the function is created with its comments.
-#}
{% macro comment_on_table_macro() -%}
    {{ return(adapter.dispatch("comment_on_table_macro")()) }}
{%- endmacro %}

{% macro default__comment_on_table_macro() -%}
    comment on macro table {{ same_file(this) }} is {{ text_literal(model.description) }}
{%- endmacro %}

{% macro spark__comment_on_table_macro() -%}
{%- endmacro %}
