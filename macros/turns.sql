{#-
    A wide table in several turns, for data that do not fit into memory.

    `transactions` looks up the windows of each of its rows by `transaction_no`. With a hundred
    million rows that is 20 GB of look-up tables, and a join that has to spill takes its wide rows
    to disk and back, three times: more than twice as long. So each turn takes every n-th number,
    on both sides of the joins. How many turns there are is the memory limit's matter; the rows are
    the same whatever it says (tests/python/models/test_turns.py).

    On DuckDB the turn is a variable of the connection; without one, as for whoever reads the view,
    all rows are meant. Spark divides its joins by itself.
-#}

{#- Reads a model's rows, all of them or those of the current turn. -#}
{% macro of_this_turn(relation) -%}
    {{ return(adapter.dispatch("of_this_turn")(relation)) }}
{%- endmacro %}

{% macro default__of_this_turn(relation) -%}
    select * from {{ relation }}
    where coalesce(transaction_no % getvariable('turns') = getvariable('turn'), true)
{%- endmacro %}

{% macro spark__of_this_turn(relation) -%}
    select * from {{ relation }}
{%- endmacro %}

{#-
    Orders the rows that are left of a table by a turn: an engine that works through blocks of rows
    is half as fast on blocks with gaps, and a sort closes them. No order without turns.
-#}
{% macro without_gaps() -%}
    {{ return(adapter.dispatch("without_gaps")()) }}
{%- endmacro %}

{% macro default__without_gaps() -%}
    order by case when getvariable('turns') is not null then transaction_no end
{%- endmacro %}

{% macro spark__without_gaps() -%}
{%- endmacro %}

{#- Before the table is made, by its first turn. -#}
{% macro begin_turns(rows_relation) -%}
    {{ return(adapter.dispatch("begin_turns")(rows_relation)) }}
{%- endmacro %}

{% macro default__begin_turns(rows_relation) -%}
    {%- set turns = number_of_turns(rows_relation) if execute else 1 -%}
    {%- if turns > 1 -%}
    set variable turns = {{ turns }}; set variable turn = 0;
    {%- endif -%}
{%- endmacro %}

{% macro spark__begin_turns(rows_relation) -%}
{%- endmacro %}

{#- After it: the other turns. -#}
{% macro take_other_turns(rows_relation) -%}
    {{ return(adapter.dispatch("take_other_turns")(rows_relation)) }}
{%- endmacro %}

{% macro default__take_other_turns(rows_relation) -%}
    {%- set turns = number_of_turns(rows_relation) if execute else 1 -%}
    {%- if turns > 1 -%}
        {%- set clock = modules.datetime.datetime -%}
        {%- set began = clock.now() -%}
        {%- for turn in range(1, turns) -%}
            {%- set minutes = (clock.now() - began).total_seconds() / 60 -%}
            {%- do log(
                this.name ~ ": " ~ turn ~ " of " ~ turns ~ " turns written"
                ~ (", about %.0f min left" % (minutes / (turn - 1) * (turns - turn)) if turn > 1 else ""),
                info=true
            ) -%}
            {%- do run_query(
                "set variable turn = " ~ turn ~ "; insert into " ~ this ~ " by name " ~ model.compiled_code
            ) -%}
        {%- endfor -%}
    reset variable turns;
    reset variable turn;
    {%- endif -%}
{%- endmacro %}

{% macro spark__take_other_turns(rows_relation) -%}
{%- endmacro %}

{#-
    A row takes about 500 bytes, most of them in the look-up tables. Not more turns than that, as each
    looks at all rows.
-#}
{% macro number_of_turns(rows_relation) -%}
    {{ return(run_query(
        "select greatest(1, cast(ceil(count(*) * 500 / parse_formatted_bytes(current_setting("
        ~ "'memory_limit'))) as integer)) from " ~ rows_relation
    )[0][0]) }}
{%- endmacro %}
