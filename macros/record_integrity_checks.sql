{#-
    Writes the outcome of every data test of this run into `integrity_checks`, from dbt's own
    results, so that it is there after a bare `dbt build` too. A check that did not run this time
    keeps its last outcome; one that the project no longer has is dropped.
-#}
{% macro record_integrity_checks(results) -%}
    {%- set checks = adapter.get_relation(
        target.database, "main", "integrity_checks"
    ) if execute else none -%}
    {%- if checks is not none -%}
        {%- set rows = [] -%}
        {%- set rerun = [] -%}
        {%- for result in results if result.node.resource_type == "test" -%}
            {%- set name = _text(result.node.name) -%}
            {%- set failures = "null" if result.failures is none else result.failures -%}
            {%- do rerun.append(name) -%}
            {%- do rows.append(
                "(" ~ name ~ ", " ~ (result.status == "pass") ~ ", " ~ failures ~ ", "
                ~ ("%.4f" | format(result.execution_time)) ~ ")"
            ) -%}
        {%- endfor -%}
        {%- set known = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == "test" -%}
            {%- do known.append(_text(node.name)) -%}
        {%- endfor -%}
        {{ replace_checks(checks, known, rerun, rows) }}
    {%- endif -%}
{%- endmacro %}

{#- Puts rows in the place of those checks that were run again or are no longer known. -#}
{% macro replace_checks(checks, known, rerun, rows) -%}
    {{ return(adapter.dispatch("replace_checks")(checks, known, rerun, rows)) }}
{%- endmacro %}

{% macro default__replace_checks(checks, known, rerun, rows) -%}
    delete from {{ checks }} where "check" not in ({{ known | join(", ") }});
    {%- if rows %}
    delete from {{ checks }} where "check" in ({{ rerun | join(", ") }});
    insert into {{ checks }} values {{ rows | join(", ") }};
    {%- endif -%}
{%- endmacro %}

{#- Rows of a Parquet table cannot be deleted: those that stay are read and written again. -#}
{% macro spark__replace_checks(checks, known, rerun, rows) -%}
    {%- for row in run_query("select * from " ~ checks) -%}
        {%- set name = _text(row[0]) -%}
        {%- if name in known and name not in rerun -%}
            {%- do rows.append(
                "(" ~ name ~ ", " ~ row[1] ~ ", " ~ ("null" if row[2] is none else row[2])
                ~ ", " ~ row[3] ~ ")"
            ) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if rows -%}
    insert overwrite {{ checks }} values {{ rows | join(", ") }}
    {%- else -%}
    truncate table {{ checks }}
    {%- endif -%}
{%- endmacro %}
