{#- A table that is about to be replaced makes unknown what is known of it. -#}
{% macro forget_integrity_checks() -%}
    {%- set checks = recorded_in("integrity_checks", "status") -%}
    {%- if checks is not none and run_changes_models() -%}
        {{ replace_checks(checks, checks_in_force(checks, {}, selected_resources)) }}
    {%- endif -%}
{%- endmacro %}

{% macro record_integrity_checks(results) -%}
    {%- set checks = recorded_in("integrity_checks", "status") -%}
    {%- if checks is not none and own_nodes_of_this_run(results) -%}
        {%- set outcomes = {} -%}
        {%- set replaced = [] -%}
        {%- for result in results if is_own(result.node.unique_id) -%}
            {%- if result.node.resource_type == "test" -%}
                {%- do outcomes.update({result.node.name: outcome(result)}) -%}
            {%- elif result.status != "skipped" -%}
                {%- do replaced.append(result.node.unique_id) -%}
            {%- endif -%}
        {%- endfor -%}
        {{ replace_checks(checks, checks_in_force(checks, outcomes, replaced)) }}
    {%- endif -%}
{%- endmacro %}

{#- What dbt's result says of a check. A check that `--empty` gave no row to look at says nothing. -#}
{% macro outcome(result) -%}
    {%- set statuses = {"pass": "passed", "fail": "failed", "warn": "warned", "error": "errored"} -%}
    {%- set status = statuses.get(result.status ~ "", "skipped") -%}
    {%- if invocation_args_dict.get("empty") -%}
        {{ return({"status": "unknown"}) }}
    {%- endif -%}
    {{ return({
        "status": status,
        "failures": result.failures,
        "seconds": "%.4f" | format(result.execution_time),
        "build_id": invocation_id,
        "ran_at": run_started_at.strftime("%Y-%m-%d %H:%M:%S"),
    }) }}
{%- endmacro %}

{#-
    Every check of the project as a SQL tuple: its outcome in this run, else the last one, unless a
    table that it reads was replaced since.
-#}
{% macro checks_in_force(checks, outcomes, replaced) -%}
    {%- set before = {} -%}
    {%- for row in run_query("select * from " ~ checks) if row["status"] -%}
        {%- do before.update({row["check"]: row}) -%}
    {%- endfor -%}
    {%- set tuples = [] -%}
    {%- for unique_id in own_nodes() | sort if graph.nodes[unique_id].resource_type == "test" -%}
        {%- set node = graph.nodes[unique_id] -%}
        {%- set known = outcomes.get(node.name) -%}
        {%- if known is none and not read_by(node, []) | select("in", replaced) | list -%}
            {%- set known = before.get(node.name) -%}
        {%- endif -%}
        {%- set known = {"status": "unknown"} if known is none else known -%}
        {%- set values = [
            text_literal(node.name),
            {"passed": "true", "skipped": "null", "unknown": "null"}.get(known["status"], "false"),
        ] -%}
        {%- for name in ("failures", "seconds") -%}
            {%- do values.append("null" if known[name] is none else known[name] | default("null")) -%}
        {%- endfor -%}
        {%- do values.append(text_literal(known["status"])) -%}
        {%- do values.append(text_literal(known.build_id) if known.build_id else "null") -%}
        {%- do values.append(
            "timestamp '" ~ known.ran_at ~ "'" if known.ran_at else "cast(null as timestamp)"
        ) -%}
        {%- do tuples.append("(" ~ values | join(", ") ~ ")") -%}
    {%- endfor -%}
    {{ return(tuples) }}
{%- endmacro %}

{% macro replace_checks(checks, tuples) -%}
    {{ return(adapter.dispatch("replace_checks")(checks, tuples)) }}
{%- endmacro %}

{% macro default__replace_checks(checks, tuples) -%}
    delete from {{ checks }};
    insert into {{ checks }} values {{ tuples | join(", ") }};
{%- endmacro %}

{#- Rows of a Parquet table cannot be deleted. -#}
{% macro spark__replace_checks(checks, tuples) -%}
    insert overwrite {{ checks }} values {{ tuples | join(", ") }}
{%- endmacro %}
