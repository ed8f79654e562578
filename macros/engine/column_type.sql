{% macro column_type(data_type) -%}
    {{ return(adapter.dispatch("column_type")(data_type)) }}
{%- endmacro %}

{% macro default__column_type(data_type) -%}
    {{ return(data_type) }}
{%- endmacro %}

{#- Spark has no varchar without a length and no type for JSON; int is how it names integer. -#}
{% macro spark__column_type(data_type) -%}
    {%- set spark_types = {
        "varchar": "string",
        "varchar[]": "array<string>",
        "json": "string",
        "integer": "int",
        "timestamp": "timestamp_ntz",
    } -%}
    {{ return(spark_types.get(data_type, data_type)) }}
{%- endmacro %}
