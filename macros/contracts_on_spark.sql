{#-
    What dbt asks of an adapter for contracts and comments, where dbt-spark does it for Delta and
    Iceberg only: types in Spark's words, `not_null` and the comments of a table's columns.
-#}

{#- The empty query that a model's contract is compared with. -#}
{% macro spark__get_empty_schema_sql(columns) -%}
    select
    {%- for column in columns.values() %}
        cast(null as {{ column_type(column.data_type) }}) as {{ adapter.quote(column.name) }}
        {{- "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Parquet tables have no constraints: what the contract calls not null is counted once written. -#}
{% macro spark__persist_constraints(relation, model) -%}
    {%- set names = [] -%}
    {%- for column in model.columns.values() -%}
        {%- if column.constraints | selectattr("type", "equalto", "not_null") | list -%}
            {%- do names.append(column.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if names and config.get("contract").enforced -%}
        {%- set counts = [] -%}
        {%- for name in names -%}
            {%- do counts.append("count_if(" ~ adapter.quote(name) ~ " is null)") -%}
        {%- endfor -%}
        {%- set nulls = run_query("select " ~ counts | join(", ") ~ " from " ~ relation)[0] -%}
        {%- for name in names if nulls[loop.index0] > 0 -%}
            {{ exceptions.raise_compiler_error(
                "not null is broken: " ~ relation ~ "." ~ name ~ " is null in "
                ~ nulls[loop.index0] ~ " rows"
            ) }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
