{% macro record_build_info() -%}
    {%- set build_info = _existing_build_info() -%}
    {%- if build_info is not none -%}
        {%- set tests = "(select count(*) filter (where passed) as passed,"
            ~ " count(*) filter (where passed is not true) as failed from "
            ~ build_info.incorporate(path={"identifier": "integrity_checks"}) ~ ")" -%}
        {{ replace_build_info(build_info, tests) }}
    {%- endif -%}
{%- endmacro %}

{% macro _build_info_row(tests, engine_version) -%}
    select
        {{ text_literal(invocation_id) }} as build_id,
        timestamp '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}' as built_at,
        generation_run.seed,
        generation_run.scale,
        generation_run.fraud_rate,
        {{ text_literal(dbt_version) }} as dbt_version,
        {{ engine_version }},
        generation_run.numpy_version,
        cast(tests.passed as integer) as tests_passed,
        cast(tests.failed as integer) as tests_failed,
        generation_run.fingerprints as raw_fingerprints
    from {{ tests }} as tests
    left join {{ source("raw", "generation_run") }} as generation_run on true
{%- endmacro %}

{% macro replace_build_info(build_info, tests) -%}
    {{ return(adapter.dispatch("replace_build_info")(build_info, tests)) }}
{%- endmacro %}

{% macro default__replace_build_info(build_info, tests) -%}
    {%- if _run_changes_models() -%}
    delete from {{ build_info }};
    insert into {{ build_info }} by name
    {{ _build_info_row(tests, "ltrim(version(), 'v') as duckdb_version") }};
    {%- else -%}
    update {{ build_info }} set tests_passed = tests.passed, tests_failed = tests.failed
    from {{ tests }} as tests;
    {%- endif -%}
{%- endmacro %}

{#- Parquet tables cannot be updated, so `dbt test` reads the row and writes it again. -#}
{% macro spark__replace_build_info(build_info, tests) -%}
    {%- if _run_changes_models() -%}
    insert overwrite {{ build_info }} by name
    {{ _build_info_row(tests, "split_part(version(), ' ', 1) as spark_version") }}
    {%- else -%}
        {%- set rows = run_query("select * from " ~ build_info) -%}
        {%- if rows | length > 0 -%}
            {%- set row = rows[0] -%}
            {%- set values = [] -%}
            {%- for column in graph.nodes["model.smartsentry.build_info"].columns.values() -%}
                {%- set now = {"tests_passed": "tests.passed", "tests_failed": "tests.failed"} -%}
                {%- set known = row[column.name] -%}
                {%- set known = "null" if known is none else text_literal(known | string) -%}
                {%- do values.append(
                    "cast(" ~ now.get(column.name, known) ~ " as " ~ column_type(column.data_type)
                    ~ ") as " ~ column.name
                ) -%}
            {%- endfor -%}
    insert overwrite {{ build_info }} by name
    select {{ values | join(", ") }} from {{ tests }} as tests
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro forget_build_info() -%}
    {%- set build_info = _existing_build_info() -%}
    {%- if build_info is not none and _run_changes_models() -%}
        truncate {{ "table" if target.type == "spark" }} {{ build_info }};
    {%- endif -%}
{%- endmacro %}

{% macro _existing_build_info() -%}
    {{ return(adapter.get_relation(target.database, "main", "build_info") if execute else none) }}
{%- endmacro %}

{% macro _run_changes_models() -%}
    {{ return(flags.WHICH in ("build", "run", "seed", "retry")) }}
{%- endmacro %}
