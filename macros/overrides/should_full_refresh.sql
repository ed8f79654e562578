{#- Unless a day is being added, the table of a model by day is made anew. -#}
{% macro should_full_refresh() -%}
    {%- set is_by_day = config.get("incremental_strategy") == "by_day" -%}
    {{ return(dbt.should_full_refresh() or (is_by_day and not touched_from())) }}
{%- endmacro %}
