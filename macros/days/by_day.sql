{#-
    How a day is added (docs/days.md). `smartsentry add` keeps the tables of the models that follow
    `by_day`, if it can name the moment from which their rows may differ. Later rows change no
    earlier one (tests/python/models/test_point_in_time.py), so only rows from that moment on are
    computed again, and each model reads only the earlier rows that it needs. Without a moment every
    build is a whole one.
-#}

{#-
    That moment as text, the start of a day; empty in a whole build. It is not read while dbt parses: dbt
    would parse each model that asks for it again, before and after each day.
-#}
{% macro touched_from() -%}
    {{ return(env_var("SMARTSENTRY_TOUCHED_FROM", "") if execute and target.type == "duckdb" else "") }}
{%- endmacro %}

{#- How a model whose rows depend on no later ones is materialized. On Spark each build is a whole one. -#}
{% macro by_day() -%}
    {{ return("incremental" if target.type == "duckdb" else "table") }}
{%- endmacro %}

{#- What becomes of the rows that such a model computes: they are added to those that stayed. -#}
{% macro get_incremental_by_day_sql(arg_dict) -%}
    {{ return(get_incremental_append_sql(arg_dict)) }}
{%- endmacro %}

{#-
    Whether this is a day's build, in a model whose table exists or in a data test. Not dbt's
    is_incremental(), which each unit test would have to override.
-#}
{% macro is_day() -%}
    {{ return(
        touched_from() != ""
        and (model.resource_type == "test" or load_relation(this) is not none)
    ) }}
{%- endmacro %}

{#- The moment so many seconds before it, as a timestamp in SQL. -#}
{% macro seam(seconds_before=0) -%}
    {{ return(
        "timestamp '" ~ touched_from() ~ "'"
        ~ (" - to_seconds(" ~ seconds_before ~ ")" if seconds_before else "")
    ) }}
{%- endmacro %}

{#- Conditions that only a day's build needs: `true` in a whole build. -#}
{% macro of_day(condition) -%}
    {{ return(condition if is_day() else "true") }}
{%- endmacro %}

{#- Rows that are computed again. -#}
{% macro is_touched(column="timestamp") -%}
    {{ return(of_day(column ~ " >= " ~ seam())) }}
{%- endmacro %}

{#- The same for a column of seconds since 1970. -#}
{% macro is_touched_second(column="unix_time") -%}
    {{ return(of_day(column ~ " >= " ~ elapsed_seconds("timestamp '1970-01-01'", seam()))) }}
{%- endmacro %}

{#- Rows whose key, such as an account, is also in a touched row of `relation`. -#}
{% macro is_of_touched(key, relation) -%}
    {{ return(of_day(
        key ~ " in (select touched." ~ key.split(".")[-1] ~ " from " ~ relation
        ~ " as touched where touched.timestamp >= " ~ seam() ~ ")"
    )) }}
{%- endmacro %}

{#- Of those, the rows from at most so many seconds before the moment. -#}
{% macro is_in_reach(seconds, key, relation) -%}
    {{ return(of_day("timestamp >= " ~ seam(seconds) ~ " and " ~ is_of_touched(key, relation))) }}
{%- endmacro %}

{#-
    Before a day's rows are written: those of the touched transactions are deleted. `relation` has all
    transactions, with their times.
-#}
{% macro forget_touched(relation, column="transaction_no") -%}
    {%- if is_day() -%}
    delete from {{ this }}
    where {{ column }} in (
        select transaction_no from {{ relation }} where timestamp >= {{ seam() }}
    )
    {%- endif -%}
{%- endmacro %}

{#- The same for tables that count by day. -#}
{% macro forget_touched_days() -%}
    {%- if is_day() -%}
    delete from {{ this }} where {{ is_touched("day") }}
    {%- endif -%}
{%- endmacro %}

{#-
    What a data test looks at: the touched rows, as the others were tested when they were computed. Of
    `keys` every row that has the number of a touched transaction, so that a second one is found
    wherever it is. Where `known_at` is part of the key, the rows from the moment on: a second row has
    the same `known_at`. Of a table without such columns, or one that is computed anew, all rows.
-#}
{% macro touched_only(relation, keys=false) -%}
    {%- if is_day() -%}
        {%- set nodes = graph.nodes.values() | list -%}
        {%- set staged = nodes | selectattr("name", "equalto", "stg_transactions") | first -%}
        {%- for node in nodes
            if node.relation_name == relation | string
            and node.config.materialized in ["incremental", "view"] -%}
            {%- for column in ["known_at", "timestamp", "transaction_no", "later_no"]
                if column in node.columns and column != ("timestamp" if keys else "known_at") -%}
                {%- set is_moment = column in ["known_at", "timestamp"] -%}
                {%- set touched = is_touched(column) if is_moment else (
                    column ~ " in (select transaction_no from " ~ staged.relation_name
                    ~ " where " ~ is_touched() ~ ")"
                ) -%}
                {{ return("(select * from " ~ relation ~ " where " ~ touched ~ ")") }}
            {%- endfor -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(relation) }}
{%- endmacro %}
