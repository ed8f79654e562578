{#-
    Refuses a `--vars` key that is no var: a misspelt one would otherwise answer the what-if with the
    values in force. Other vars belong to a project that uses this one as a package; there
    only a name that begins with a rule's is refused.
-#}
{% macro require_known_vars() -%}
    {%- set bounds = (network_bounds() | list) + (worklist_bounds() | list) -%}
    {%- set known = ["money_unit"] + bounds + threshold_names() -%}
    {%- for name in (invocation_args_dict.vars or {}) if name not in known -%}
        {%- if project_name == "smartsentry" or name.split("__")[0] in rules_with_thresholds() -%}
            {{ exceptions.raise_compiler_error(
                "unknown var " ~ name ~ ": allowed are money_unit and the thresholds in dbt_project.yml, "
                ~ (bounds + threshold_names()) | sort | join(", ")
            ) }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{% macro rules_with_thresholds() -%}
    {%- set rules = [] -%}
    {%- for name in threshold_names() -%}
        {%- do rules.append(name.split("__")[0]) -%}
    {%- endfor -%}
    {{ return(rules) }}
{%- endmacro %}
