{#-
    Refuses a `--vars` key that this project does not know. Otherwise a misspelt threshold would
    answer a what-if question with the values in force. Runs before any model.
-#}
{% macro require_known_vars() -%}
    {%- for name in (invocation_args_dict.vars or {}) if name not in threshold_names() -%}
        {{ exceptions.raise_compiler_error(
            "unknown var " ~ name ~ ": allowed are the thresholds in dbt_project.yml, "
            ~ threshold_names() | sort | join(", ")
        ) }}
    {%- endfor -%}
{%- endmacro %}
