{#-
    A comparison with constants is made while the table is scanned, below every join. A comparison
    with a query is not.
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
