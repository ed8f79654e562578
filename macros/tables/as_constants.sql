{#-
    DuckDB compares with constants while it scans the table, below every join. It compares with a
    query only after the joins.
-#}
{% macro as_constants(query, relation) -%}
    {%- set values = [] -%}
    {%- if execute and load_relation(relation) is not none -%}
        {%- for row in run_query(query) -%}
            {%- do values.append(text_literal(row[0])) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(values | join(", ") or query) }}
{%- endmacro %}
