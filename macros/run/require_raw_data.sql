{#-
    Looks at the sources that the selected nodes read, through views that are not selected too. What
    is deferred is read in another schema, so that with `--defer` only a node's own sources count.
-#}
{% macro require_raw_data() -%}
    {%- if execute -%}
        {%- set ids = [] -%}
        {%- for unique_id in own_nodes_of_this_run() if unique_id.split(".")[0] != "unit_test" -%}
            {%- set node = graph.nodes[unique_id] -%}
            {%- do ids.extend(node.depends_on.nodes if invocation_args_dict.get("defer") else read_by(node, [])) -%}
        {%- endfor -%}
        {#- Some are left out: `create_raw_views` has just made these tables if they were missing, which
            the adapter need not know yet. -#}
        {%- set sources = [] -%}
        {%- for unique_id in ids | unique | sort if unique_id in graph.sources and is_own(unique_id)
            and graph.sources[unique_id].name not in made_if_missing() -%}
            {%- do sources.append(graph.sources[unique_id]) -%}
        {%- endfor -%}
        {%- set missing = [] -%}
        {%- set missing_tables = [] -%}
        {%- for source_table in sources -%}
            {%- set relation = adapter.get_relation(
                source_table.database, source_table.schema, source_table.identifier
            ) -%}
            {%- if relation is none -%}
                {%- do missing_tables.append("raw." ~ source_table.name) -%}
            {%- else -%}
                {%- set present = adapter.get_columns_in_relation(relation)
                    | map(attribute="name") | list -%}
                {%- for column in source_table.columns if column not in present -%}
                    {%- do missing.append("raw." ~ source_table.name ~ "." ~ column) -%}
                {%- endfor -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if missing_tables and missing_tables | length == sources | length -%}
            {{ exceptions.raise_compiler_error(
                "There is no raw data in this DuckDB file: run `make warehouse`, or"
                ~ " `.venv/bin/seed-gen` and then `.venv/bin/dbt build`."
            ) }}
        {%- elif missing_tables or missing -%}
            {{ exceptions.raise_compiler_error(
                "The raw data does not meet the contract, missing: "
                ~ (missing_tables + missing) | join(", ")
                ~ ". Run `.venv/bin/seed-gen`, or fill them from your own data."
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
