{% macro iso_weekday(moment) -%}
    {{ return(adapter.dispatch("iso_weekday")(moment)) }}
{%- endmacro %}

{% macro default__iso_weekday(moment) -%}
    extract(isodow from {{ moment }})
{%- endmacro %}

{% macro spark__iso_weekday(moment) -%}
    extract(dayofweek_iso from {{ moment }})
{%- endmacro %}
