{% macro record_integrity_checks(results) -%}
    {%- set checks = adapter.get_relation(
        target.database, "main", "integrity_checks"
    ) if execute else none -%}
    {%- if checks is not none -%}
        {%- set rows = [] -%}
        {%- set rerun = [] -%}
        {%- for result in results if result.node.resource_type == "test" -%}
            {%- set name = text_literal(result.node.name) -%}
            {%- set failures = "null" if result.failures is none else result.failures -%}
            {%- do rerun.append(name) -%}
            {%- do rows.append(
                "(" ~ name ~ ", " ~ (result.status == "pass") ~ ", " ~ failures ~ ", "
                ~ ("%.4f" | format(result.execution_time)) ~ ")"
            ) -%}
        {%- endfor -%}
        {%- set known = [] -%}
        {%- for node in graph.nodes.values() if node.resource_type == "test" -%}
            {%- do known.append(text_literal(node.name)) -%}
        {%- endfor -%}
        {{ replace_checks(checks, known, rerun, rows) }}
    {%- endif -%}
{%- endmacro %}

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

{#- Rows of a Parquet table cannot be deleted, so those that remain are read and written again. -#}
{% macro spark__replace_checks(checks, known, rerun, rows) -%}
    {%- for row in run_query("select * from " ~ checks) -%}
        {%- set name = text_literal(row[0]) -%}
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
