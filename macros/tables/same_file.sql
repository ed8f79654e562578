{#-
    A table macro keeps its text as it was written, and the database is named after the file: in a
    file that is published or copied under another name it would not find its own tables.
-#}
{% macro same_file(relation) -%}
    {{ relation.include(database=false) }}
{%- endmacro %}
