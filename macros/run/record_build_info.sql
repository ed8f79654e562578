{% macro record_build_info(results) -%}
    {%- set build_info = recorded_in("build_info", "tests_unknown") -%}
    {%- set checks = recorded_in("integrity_checks", "status") -%}
    {%- if build_info is not none and checks is not none and own_nodes_of_this_run(results) -%}
        {%- set counts = [] -%}
        {%- for status in check_statuses() -%}
            {%- do counts.append(
                "cast(count(case when status = '" ~ status ~ "' then 1 end) as integer) as tests_" ~ status
            ) -%}
        {%- endfor -%}
        {{ replace_build_info(
            build_info,
            "(select " ~ counts | join(", ") ~ " from " ~ checks ~ ")",
            run_changes_models(results),
        ) }}
    {%- endif -%}
{%- endmacro %}

{#- What can have become of a check; `build_info` counts each. -#}
{% macro check_statuses() -%}
    {{ return(["passed", "failed", "errored", "warned", "skipped", "unknown"]) }}
{%- endmacro %}

{#- Identifier and begin of this run of dbt, as SQL literals. -#}
{% macro build_said() -%}
    {{ return({
        "id": text_literal(invocation_id),
        "moment": "timestamp '" ~ run_started_at.strftime("%Y-%m-%d %H:%M:%S") ~ "'",
    }) }}
{%- endmacro %}

{% macro _build_info_row(tests, engine_version) -%}
    select
        {{ build_said().id }} as build_id,
        {{ build_said().moment }} as built_at,
        generation_run.seed,
        generation_run.scale,
        generation_run.fraud_rate,
        cast({{ money_unit() }} as decimal(18, 6)) as money_unit,
        {{ text_literal(dbt_version) }} as dbt_version,
        {{ engine_version }},
        generation_run.numpy_version,
        tests.*,
        generation_run.fingerprints as raw_fingerprints
    from {{ tests }} as tests
    left join {{ source("raw", "generation_run") }} as generation_run on true
{%- endmacro %}

{% macro replace_build_info(build_info, tests, is_new) -%}
    {{ return(adapter.dispatch("replace_build_info")(build_info, tests, is_new)) }}
{%- endmacro %}

{% macro default__replace_build_info(build_info, tests, is_new) -%}
    {%- if is_new -%}
    delete from {{ build_info }};
    insert into {{ build_info }} by name
    {{ _build_info_row(tests, "ltrim(version(), 'v') as duckdb_version") }};
    {%- else -%}
    update {{ build_info }} set
        {%- for status in check_statuses() %}
        tests_{{ status }} = tests.tests_{{ status }} {{- "," if not loop.last }}
        {%- endfor %}
    from {{ tests }} as tests;
    {%- endif -%}
{%- endmacro %}

{#- Parquet tables cannot be updated: `dbt test` reads the row and writes it again. -#}
{% macro spark__replace_build_info(build_info, tests, is_new) -%}
    {%- if is_new -%}
    insert overwrite {{ build_info }} by name
    {{ _build_info_row(tests, "split_part(version(), ' ', 1) as spark_version") }}
    {%- else -%}
        {%- set rows = run_query("select * from " ~ build_info) -%}
        {%- if rows | length > 0 -%}
            {%- set row = rows[0] -%}
            {%- set values = [] -%}
            {%- for column in graph.nodes["model.smartsentry.build_info"].columns.values() -%}
                {%- set known = row[column.name] -%}
                {%- if column.name.startswith("tests_") -%}
                    {%- do values.append("tests." ~ column.name) -%}
                {%- else -%}
                    {%- do values.append(
                        "cast(" ~ ("null" if known is none else text_literal(known | string))
                        ~ " as " ~ column_type(column.data_type) ~ ") as " ~ column.name
                    ) -%}
                {%- endif -%}
            {%- endfor -%}
    insert overwrite {{ build_info }} by name
    select {{ values | join(", ") }} from {{ tests }} as tests
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro forget_build_info() -%}
    {%- set build_info = recorded_in("build_info", "build_id") -%}
    {%- if build_info is not none and run_changes_models() -%}
        truncate {{ "table" if target.type == "spark" }} {{ build_info }};
    {%- endif -%}
{%- endmacro %}
