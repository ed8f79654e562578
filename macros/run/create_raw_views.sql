{% macro create_raw_views() -%}
    {{ return(adapter.dispatch("create_raw_views")()) }}
{%- endmacro %}

{#- Files from before there were decisions, snoozes or corrections lack their tables, which then are
    empty. -#}
{% macro default__create_raw_views() -%}
    {%- if execute and own_nodes_of_this_run() -%}
        {%- set run = source("raw", "generation_run") -%}
        {#- Not asked of the adapter, which would begin a transaction that a hook does not end. -#}
        {%- set present = run_query(
            "select table_name from information_schema.tables where table_catalog = "
            ~ text_literal(run.database) ~ " and table_schema = " ~ text_literal(run.schema)
        ).columns[0].values() -%}
        {%- for source_table in graph.sources.values()
            if is_own(source_table.unique_id) and source_table.name in made_if_missing()
            and run.identifier in present and source_table.identifier not in present -%}
            {%- set table = source("raw", source_table.name) -%}
            {%- set columns = [] -%}
            {%- set comments = [
                "comment on table " ~ table ~ " is " ~ text_literal(source_table.description)
            ] -%}
            {%- for column in source_table.columns.values() -%}
                {%- do columns.append(column.name ~ " " ~ column.data_type) -%}
                {%- do comments.append(
                    "comment on column " ~ table ~ "." ~ column.name
                    ~ " is " ~ text_literal(column.description)
                ) -%}
            {%- endfor %}
    create table {{ table }} ({{ columns | join(", ") }});
    {{ comments | join(";\n    ") }};
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{#- The raw tables that hold what a team decided, not what was made or loaded. -#}
{% macro inputs_of_a_team() -%}
    {{ return(["dispositions", "snoozes"]) }}
{%- endmacro %}

{#- The raw tables that older files lack and that may be empty. -#}
{% macro made_if_missing() -%}
    {{ return(inputs_of_a_team() + ["superseded_rows"]) }}
{%- endmacro %}

{% macro spark__create_raw_views() -%}
    {%- set folder = env_var("SMARTSENTRY_RAW", "") -%}
    {%- if execute and folder and own_nodes_of_this_run() -%}
        {%- do run_query("create schema if not exists raw") -%}
        {%- set wrong = [] -%}
        {%- for source_table in graph.sources.values() | sort(attribute="name")
            if is_own(source_table.unique_id) -%}
            {%- set place = env_var("SMARTSENTRY_RAW_INPUTS", folder)
                if source_table.name in inputs_of_a_team() else folder -%}
            {%- set files = "parquet.`" ~ place ~ "/" ~ source_table.name ~ "`" -%}
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
