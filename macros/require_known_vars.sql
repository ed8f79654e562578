{#-
    Refuses a `--vars` key that this project does not know: a misspelt threshold would otherwise
    answer the what-if with the values in force. Runs before any model.
-#}
{% macro require_known_vars() -%}
    {%- if execute -%}
        {%- set known = graph.nodes["model.smartsentry.rule_thresholds"].columns.keys() | list -%}
        {%- for name in (invocation_args_dict.vars or {}) if name not in known -%}
            {{ exceptions.raise_compiler_error(
                "unknown var " ~ name ~ ": allowed are the thresholds in dbt_project.yml, "
                ~ known | sort | join(", ")
            ) }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
