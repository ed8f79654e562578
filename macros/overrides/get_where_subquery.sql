{#-
    What a generic test of a model looks at. A key that is not the transaction's number is looked for
    in the whole table, and so is a number that no transaction has.
-#}
{% macro duckdb__get_where_subquery(relation) -%}
    {%- set kind = model.test_metadata.name if model.test_metadata is defined else "" -%}
    {%- set is_number = model.column_name == "transaction_no" -%}
    {%- if
        config.get("where", "")
        or (kind == "unique" and not is_number)
        or (kind == "relationships" and is_number)
    -%}
        {{ return(default__get_where_subquery(relation)) }}
    {%- endif -%}
    {{ return(touched_only(relation, keys=kind in ("unique", "unique_together"))) }}
{%- endmacro %}
