{#-
    A table macro keeps its text as written, and DuckDB names a database after its file. With the
    database's name in the text, a file that is published or copied under another name would not
    find its own tables.
-#}
{% macro same_file(relation) -%}
    {{ relation.include(database=false) }}
{%- endmacro %}
