{% macro existing_columns(relations=none) -%}
    {{ return(adapter.dispatch("existing_columns")(relations)) }}
{%- endmacro %}

{% macro default__existing_columns(relations) -%}
    (
        select
            schema_name,
            table_name,
            column_name,
            lower(data_type) as data_type,
            comment as description
        from duckdb_columns()
        where
            database_name = current_database()
            {%- if relations is not none %}
            and schema_name || '.' || table_name in (
                {%- for relation in relations -%}
                '{{ relation.schema }}.{{ relation.identifier }}' {{- ", " if not loop.last }}
                {%- endfor -%}
            )
            {%- endif %}
    ) as existing_columns
{%- endmacro %}

{#- Spark has no catalogue of columns to query, so each table is described while dbt compiles. -#}
{% macro spark__existing_columns(relations) -%}
    {%- set tuples = [] -%}
    {%- if execute -%}
        {%- set nodes = (graph.nodes.values() | list) + (graph.sources.values() | list) -%}
        {%- set declared = {} -%}
        {%- set schemas = [] -%}
        {%- for node in nodes
            if is_own(node.unique_id) and node.resource_type in ("model", "seed", "source") -%}
            {%- set table = node.identifier if node.resource_type == "source" else node.alias -%}
            {%- do declared.update({node.schema ~ "." ~ table: node.columns}) -%}
            {%- do schemas.append(node.schema) -%}
        {%- endfor -%}
        {%- set tables = [] -%}
        {%- if relations is none -%}
            {%- for schema in schemas | unique -%}
                {%- for row in run_query("show tables in " ~ schema) if row[0] -%}
                    {%- do tables.append(row[0] ~ "." ~ row[1]) -%}
                {%- endfor -%}
            {%- endfor -%}
        {%- else -%}
            {%- for relation in relations -%}
                {%- do tables.append(relation.schema ~ "." ~ relation.identifier) -%}
            {%- endfor -%}
        {%- endif -%}
        {%- for table in tables -%}
            {%- set schema_name, table_name = table.split(".") -%}
            {%- for row in run_query("describe " ~ table) -%}
                {%- set type = declared.get(table, {}).get(row[0], {}).get("data_type") -%}
                {%- do tuples.append(
                    "(" ~ text_literal(schema_name) ~ ", " ~ text_literal(table_name) ~ ", " ~ text_literal(row[0]) ~ ", "
                    ~ text_literal(type if type and column_type(type) == row[1] else row[1]) ~ ", "
                    ~ ("null" if row[2] is none else text_literal(row[2])) ~ ")"
                ) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    (
        values
        {{ tuples | join(",\n        ") or "(null, null, null, null, null)" }}
    ) as existing_columns (schema_name, table_name, column_name, data_type, description)
{%- endmacro %}
