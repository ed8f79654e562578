{#-
    Refuses a `--vars` key that this project does not know: a misspelt threshold would otherwise
    answer the what-if with the values in force. Runs before any model.
-#}
{% macro require_known_vars() -%}
    {%- for name in (invocation_args_dict.vars or {}) if name not in threshold_names() -%}
        {{ exceptions.raise_compiler_error(
            "unknown var " ~ name ~ ": allowed are the thresholds in dbt_project.yml, "
            ~ threshold_names() | sort | join(", ")
        ) }}
    {%- endfor -%}
{%- endmacro %}
