{#-
    A relation by schema and name, without the database. A table macro keeps its text as it was
    written, and the database is called after the file: a file that is published or copied under
    another name would not find its own tables.
-#}
{% macro same_file(relation) -%}
    {{ relation.include(database=false) }}
{%- endmacro %}
