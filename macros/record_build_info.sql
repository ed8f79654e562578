{#-
    Writes the one row of `build_info` at the end of a run. A run that changed models or seeds
    replaces it: what only a publish can know is null until a publish fills it. `dbt test` only
    counts the tests anew. Runs after record_integrity_checks.
-#}
{% macro record_build_info() -%}
    {%- set build_info = _existing_build_info() -%}
    {%- if build_info is not none -%}
        {%- set tests = "(select count(*) filter (where passed) as passed,"
            ~ " count(*) filter (where passed is not true) as failed from "
            ~ build_info.incorporate(path={"identifier": "integrity_checks"}) ~ ")" -%}
        {%- if _run_changes_models() -%}
        delete from {{ build_info }};
        insert into {{ build_info }} by name
        select
            {{ _text(invocation_id) }} as build_id,
            timestamp '{{ run_started_at.strftime("%Y-%m-%d %H:%M:%S") }}' as built_at,
            generation_run.seed,
            generation_run.scale,
            generation_run.fraud_rate,
            {{ _text(dbt_version) }} as dbt_version,
            ltrim(version(), 'v') as duckdb_version,
            generation_run.numpy_version,
            tests.passed as tests_passed,
            tests.failed as tests_failed,
            generation_run.fingerprints as raw_fingerprints
        from {{ tests }} as tests
        left join {{ source("raw", "generation_run") }} as generation_run on true;
        {%- else -%}
        update {{ build_info }} set tests_passed = tests.passed, tests_failed = tests.failed
        from {{ tests }} as tests;
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{#-
    Empties `build_info` before the first model of a run that changes models, so that it never
    speaks of content that a killed run has half replaced.
-#}
{% macro forget_build_info() -%}
    {%- set build_info = _existing_build_info() -%}
    {%- if build_info is not none and _run_changes_models() -%}
        delete from {{ build_info }};
    {%- endif -%}
{%- endmacro %}

{% macro _existing_build_info() -%}
    {{ return(adapter.get_relation(target.database, "main", "build_info") if execute else none) }}
{%- endmacro %}

{% macro _run_changes_models() -%}
    {{ return(flags.WHICH in ("build", "run", "seed", "retry")) }}
{%- endmacro %}
