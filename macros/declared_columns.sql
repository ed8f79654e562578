{#-
    The rows of `column_catalogue` from the project's own YAML: one per source, seed, model and
    snapshot (ordinal 0) and one per column, as SQL tuples in a fixed order.
-#}
{% macro declared_columns() -%}
    {%- if not execute -%}
        {{ return("(null, null, null, null, null, null, null)") }}
    {%- endif -%}
    {%- set tuples = [] -%}
    {%- set nodes = (graph.nodes.values() | list) + (graph.sources.values() | list) -%}
    {%- for node in nodes | sort(attribute="unique_id")
        if node.resource_type in ("model", "seed", "source")
        and node.config.materialized != "ephemeral" -%}
        {%- set kind = {"view": "view", "table_function": "table macro"}.get(
            node.config.materialized, "table"
        ) -%}
        {%- set table = _text(node.schema) ~ ", "
            ~ _text(node.identifier if node.resource_type == "source" else node.alias) -%}
        {%- do tuples.append(
            "(" ~ table ~ ", 0, null, '" ~ kind ~ "', " ~ _text(node.description) ~ ", 0)"
        ) -%}
        {%- for column in node.columns.values() -%}
            {%- set meta = column.config.meta if column.config else column.meta -%}
            {%- do tuples.append(
                "(" ~ table ~ ", " ~ loop.index ~ ", " ~ _text(column.name) ~ ", "
                ~ _text(column.data_type) ~ ", " ~ _text(column.description) ~ ", "
                ~ (1 if meta.get("ground_truth") else 0) ~ ")"
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(tuples | join(",\n")) }}
{%- endmacro %}

{#- A string as a SQL literal. -#}
{% macro _text(value) -%}
    {{ return("'" ~ (value | replace("'", "''")) ~ "'") }}
{%- endmacro %}
