{% macro create_raw_views() -%}
    {{ return(adapter.dispatch("create_raw_views")()) }}
{%- endmacro %}

{% macro default__create_raw_views() -%}
{%- endmacro %}

{% macro spark__create_raw_views() -%}
    {%- set folder = env_var("SMARTSENTRY_RAW", "") -%}
    {%- if execute and folder and own_nodes_of_this_run() -%}
        {%- do run_query("create schema if not exists raw") -%}
        {%- set wrong = [] -%}
        {%- for source_table in graph.sources.values() | sort(attribute="name")
            if is_own(source_table.unique_id) -%}
            {%- set files = "parquet.`" ~ folder ~ "/" ~ source_table.name ~ "`" -%}
            {%- set present = {} -%}
            {%- for row in run_query("describe query select * from " ~ files) -%}
                {%- do present.update({row[0]: row[1]}) -%}
            {%- endfor -%}
            {%- set columns = [] -%}
            {%- for column in source_table.columns.values() -%}
                {%- set name = "raw." ~ source_table.name ~ "." ~ column.name -%}
                {%- set type = column_type(column.data_type) -%}
                {%- if column.name not in present -%}
                    {%- do wrong.append(name ~ " is missing") -%}
                {%- elif present[column.name] != type -%}
                    {%- do wrong.append(
                        name ~ " is " ~ present[column.name] ~ " and must be " ~ type
                    ) -%}
                {%- endif -%}
                {%- do columns.append(column.name ~ " comment " ~ text_literal(column.description)) -%}
            {%- endfor -%}
            {%- if not wrong -%}
                {%- do run_query(
                    "create or replace view raw." ~ source_table.name
                    ~ " (" ~ columns | join(", ") ~ ")"
                    ~ " comment " ~ text_literal(source_table.description)
                    ~ " as select " ~ source_table.columns.keys() | join(", ") ~ " from " ~ files
                ) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if wrong -%}
            {{ exceptions.raise_compiler_error(
                "The raw data in " ~ folder ~ " does not meet the contract: " ~ wrong | join(", ")
                ~ "."
            ) }}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
