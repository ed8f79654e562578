{#-
    dbt-spark supports contracts and comments only for Delta and Iceberg. These macros add them for
    Parquet tables: Spark's type names, `not_null`, and comments on columns.
-#}

{% macro spark__get_empty_schema_sql(columns) -%}
    select
    {%- for column in columns.values() %}
        cast(null as {{ column_type(column.data_type) }}) as {{ adapter.quote(column.name) }}
        {{- "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#-
    Two statements, because `create table … as select` accepts no comments, and one statement for
    each column would take longer than the model itself.
-#}
{% macro spark__create_table_as(temporary, relation, compiled_code, language="sql") -%}
    {%- if temporary -%}
        {{ create_temporary_view(relation, compiled_code) }}
    {%- else -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
        {%- call statement("create_table") -%}
            {{ empty_table(relation, model.columns) }}
        {%- endcall -%}
        insert into {{ relation }}
        {{ get_select_subquery(compiled_code) }}
    {%- endif -%}
{%- endmacro %}

{#- The SQL without its indentation, because the embedded catalogue has 32,700 characters. -#}
{% macro spark__create_view_as(relation, sql) -%}
    {{ get_assert_columns_equivalent(sql) }}
    create or replace view {{ relation }} (
        {%- for name in get_columns_in_query(sql) %}
        {{ adapter.quote(name) }} comment {{ text_literal(model.columns[name].description) }}
        {{- "," if not loop.last }}
        {%- endfor %}
    )
    {{ comment_clause() }}
    as
    {{ modules.re.sub("\n[ \n]+", "\n", sql) }}
{%- endmacro %}

{% materialization table_function, adapter="spark" -%}
    {%- set relation = this.incorporate(type="view") -%}
    {{ run_hooks(pre_hooks) }}
    {% call statement("main") -%}
        create or replace function {{ relation }}(
            {%- for name in config.require("parameters") -%}
                {{ name }} string {{- ", " if not loop.last }}
            {%- endfor -%}
        )
        returns table ({{ columns_with_comments(model.columns) }})
        {{ comment_clause() }}
        return
        {{ sql }}
    {%- endcall %}
    {{ run_hooks(post_hooks) }}
    {{ return({"relations": [relation]}) }}
{%- endmaterialization %}

{% macro empty_table(relation, columns) -%}
    create table {{ relation }} ({{ columns_with_comments(columns) }})
    {{ file_format_clause() }}
    options ('skipHiveMetadata' 'true')  -- Hive's own format takes at most 256 characters
    {{ tblproperties_clause() }}
    {{ partition_cols(label="partitioned by") }}
    {{ clustered_cols(label="clustered by") }}
    {{ location_clause() }}
    {{ comment_clause() }}
{%- endmacro %}

{% macro columns_with_comments(columns) -%}
    {%- for column in columns.values() %}
    {{ adapter.quote(column.name) }} {{ column_type(column.data_type) }}
    comment {{ text_literal(column.description) }} {{- "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Parquet tables have no constraints, so the nulls are counted after the table is written. -#}
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
        {%- for name, count in zip(names, nulls.values()) if count > 0 -%}
            {{ exceptions.raise_compiler_error(
                "not null is broken: " ~ relation ~ "." ~ name ~ " is null in " ~ count ~ " rows"
            ) }}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro spark__create_csv_table(model, agate_table) -%}
    {%- call statement("create_table") -%}
        {{ empty_table(this, model.columns) }}
    {%- endcall -%}
    {{ return("") }}
{%- endmacro %}

{#- As literals, because dbt-spark's own statement fails on an apostrophe. -#}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set rows = [] -%}
    {%- for row in agate_table.rows -%}
        {%- set values = [] -%}
        {%- for name in agate_table.column_names -%}
            {%- do values.append(
                "cast(" ~ ("null" if row[name] is none else text_literal(row[name]))
                ~ " as " ~ column_type(model.columns[name].data_type) ~ ")"
            ) -%}
        {%- endfor -%}
        {%- do rows.append("(" ~ values | join(", ") ~ ")") -%}
    {%- endfor -%}
    {%- set sql = "insert into " ~ this ~ " values " ~ rows | join(",\n") -%}
    {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {{ return(sql) }}
{%- endmacro %}
