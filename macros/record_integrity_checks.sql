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
        delete from {{ checks }} where "check" not in ({{ known | join(", ") }});
        {%- if rows %}
        delete from {{ checks }} where "check" in ({{ rerun | join(", ") }});
        insert into {{ checks }} values {{ rows | join(", ") }};
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
