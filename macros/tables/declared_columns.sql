{% macro declared_columns() -%}
    {%- if not execute -%}
        {{ return("(null, null, null, null, null, null, null, null)") }}
    {%- endif -%}
    {%- set tuples = [] -%}
    {%- set nodes = (graph.nodes.values() | list) + (graph.sources.values() | list) -%}
    {%- for node in nodes | sort(attribute="unique_id")
        if is_own(node.unique_id) and node.resource_type in ("model", "seed", "source")
        and node.config.materialized != "ephemeral" -%}
        {%- set kind = {"view": "view", "table_function": "table macro"}.get(
            node.config.materialized, "table"
        ) -%}
        {%- set table = text_literal(node.schema) ~ ", "
            ~ text_literal(node.identifier if node.resource_type == "source" else node.alias) -%}
        {%- do tuples.append(
            "(" ~ table ~ ", 0, null, '" ~ kind ~ "', " ~ text_literal(node.description) ~ ", 0, null)"
        ) -%}
        {%- for column in node.columns.values() -%}
            {%- set meta = column.config.meta if column.config else column.meta -%}
            {%- do tuples.append(
                "(" ~ table ~ ", " ~ loop.index ~ ", " ~ text_literal(column.name) ~ ", "
                ~ text_literal(column.data_type) ~ ", " ~ text_literal(column.description) ~ ", "
                ~ (1 if meta.get("ground_truth") else 0) ~ ", "
                ~ (text_literal(meta.learnt_from) if meta.get("learnt_from") else "null") ~ ")"
            ) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(tuples | join(",\n")) }}
{%- endmacro %}
