{#- DuckDB needs no such settings: its timestamps have no zone. -#}
{% macro require_engine_settings() -%}
    {{ return(adapter.dispatch("require_engine_settings")()) }}
{%- endmacro %}

{% macro default__require_engine_settings() -%}
{%- endmacro %}

{% macro spark__require_engine_settings() -%}
    {%- set needed = {
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.timestampType": "TIMESTAMP_NTZ",
        "spark.sql.window.segmentTree.enabled": "true",
        "spark.sql.ansi.enabled": "false",
    } -%}
    {%- if execute -%}
        {%- for name, value in needed.items() -%}
            {%- set found = run_query("set " ~ name)[0][1] -%}
            {%- if found | lower != value | lower -%}
                {{ exceptions.raise_compiler_error(
                    "The Spark setting " ~ name ~ " is " ~ found ~ " and must be " ~ value
                    ~ (": start the Thrift server with it." if target.method == "thrift" else
                        ": set it under server_side_parameters of target spark in profiles.yml.")
                ) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
