{#-
    Writes a wide table in several turns, for data that do not fit into memory.

    `transactions` looks up the windows of each row by `transaction_no`. With a hundred million rows
    the look-up tables do not fit. A join that spills writes its wide rows to disk and reads them
    back three times, and takes more than twice as long. So each turn takes every n-th number, on
    both sides of the joins. The memory limit decides the number of turns but never changes the rows
    (tests/python/models/test_turns.py).

    When a day is added, the look-up tables hold the touched rows alone, those of `rows_relation` from
    the moment on. A plain join would not do that: DuckDB expects too many touched rows, and makes
    look-up tables of all rows.

    On DuckDB the turn and the moment are variables of the connection. Without them, as when a query
    reads the view, all rows are taken. Spark divides its joins by itself.
-#}

{% macro of_this_turn(relation, rows_relation=none, without_gaps=false) -%}
    {{ return(adapter.dispatch("of_this_turn")(relation, rows_relation, without_gaps)) }}
{%- endmacro %}

{#-
    A turn leaves gaps in the blocks of rows that DuckDB processes, which makes DuckDB half as fast.
    A sort closes the gaps. Without turns DuckDB drops the part that sorts, and with them the other.
-#}
{% macro default__of_this_turn(relation, rows_relation, without_gaps) -%}
    {%- if without_gaps -%}
    select * from {{ relation }}
    where getvariable('turns') is null
    union all
    (
        select * from {{ relation }}
        where transaction_no % getvariable('turns') = getvariable('turn')
        order by transaction_no
    )
    {%- else -%}
    {%- set is_of_this_turn = "coalesce(transaction_no % getvariable('turns') = getvariable('turn'), true)" -%}
    select * from {{ relation }}
    where {{ is_of_this_turn }}
    {%- if rows_relation %}
        and getvariable('touched_from') is null
    union all
    select * from {{ relation }} as looked_up
    where
        {{ is_of_this_turn }}
        and looked_up.transaction_no in (
            select touched.transaction_no from {{ rows_relation }} as touched
            where touched.timestamp >= getvariable('touched_from')
        )
    {%- endif -%}
    {%- endif -%}
{%- endmacro %}

{% macro spark__of_this_turn(relation, rows_relation, without_gaps) -%}
    select * from {{ relation }}
{%- endmacro %}

{% macro begin_turns(rows_relation) -%}
    {{ return(adapter.dispatch("begin_turns")(rows_relation)) }}
{%- endmacro %}

{% macro default__begin_turns(rows_relation) -%}
    {%- set turns = number_of_turns(rows_relation) if execute and flags.WHICH != "clone" else 1 -%}
    {%- if is_day() -%}
    set variable touched_from = {{ seam() }};
    {%- endif -%}
    {%- if turns > 1 -%}
    set variable turns = {{ turns }}; set variable turn = 0;
    {%- endif -%}
{%- endmacro %}

{% macro spark__begin_turns(rows_relation) -%}
{%- endmacro %}

{% macro take_other_turns(rows_relation) -%}
    {{ return(adapter.dispatch("take_other_turns")(rows_relation)) }}
{%- endmacro %}

{% macro default__take_other_turns(rows_relation) -%}
    {%- set turns = number_of_turns(rows_relation) if execute and flags.WHICH != "clone" else 1 -%}
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
    {%- if is_day() -%}
    reset variable touched_from;
    {%- endif -%}
{%- endmacro %}

{% macro spark__take_other_turns(rows_relation) -%}
{%- endmacro %}

{#-
    Reckoned with 900 bytes a row, most of them in the look-up tables, and 150 MB for the blocks that
    are being written. There are no more turns than needed, because each turn scans all rows.
-#}
{% macro number_of_turns(rows_relation) -%}
    {{ return(run_query(
        "select greatest(1, cast(ceil(count(*) * 900 / greatest(50000000, parse_formatted_bytes("
        ~ "current_setting('memory_limit')) - 150000000)) as integer)) from " ~ rows_relation
        ~ " where " ~ is_touched()
    )[0][0]) }}
{%- endmacro %}
