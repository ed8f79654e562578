{#-
    The values that a query of one column finds, as constants: what is compared with them is looked
    for in the scan of its table, below every join. The query itself where it finds nothing, or where
    a relation that it reads is not built yet, as when a project is only compiled.
-#}
{% macro as_constants(query, relation) -%}
    {%- set values = [] -%}
    {%- if execute and load_relation(relation) is not none -%}
        {%- for row in run_query(query) -%}
            {%- do values.append(_text(row[0])) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(values | join(", ") or query) }}
{%- endmacro %}
