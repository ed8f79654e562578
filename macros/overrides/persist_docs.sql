{% macro duckdb__persist_docs(relation, model, for_relation=true, for_columns=true) -%}
    {%- if model.config.materialized == "table_function" -%}
        {%- do run_query(
            "comment on macro table " ~ same_file(relation)
            ~ " is " ~ duckdb_escape_comment(model.description)
        ) -%}
    {%- else -%}
        {{ return(default__persist_docs(relation, model, for_relation, for_columns)) }}
    {%- endif -%}
{%- endmacro %}
