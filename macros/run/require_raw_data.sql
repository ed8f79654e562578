{% macro require_raw_data() -%}
    {%- if execute -%}
        {%- set missing = [] -%}
        {%- set missing_tables = [] -%}
        {%- set sources = graph.sources.values() | sort(attribute="name") -%}
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
        {%- if missing_tables | length == sources | length -%}
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
