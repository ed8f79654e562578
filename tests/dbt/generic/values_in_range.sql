{#-
    Columns lie within their ranges, including both ends, in one pass over the table. `ranges` maps
    a column to [lowest, highest]; null means no bound. Nulls pass, because the contract says which
    columns may be null. Returns one row per offending column.
-#}
{% test values_in_range(model, ranges) %}
    select column_name, failures
    from (
        select
            {%- for column, bounds in ranges.items() %}
            count_if(
                {{ column }} < {{ bounds[0] if bounds[0] is not none else "null" }}
                or {{ column }} > {{ bounds[1] if bounds[1] is not none else "null" }}
            ) as {{ column }}
            {{- "," if not loop.last }}
            {%- endfor %}
        from {{ model }}
    )
    unpivot (failures for column_name in ({{ ranges.keys() | join(", ") }}))
    where failures > 0
{% endtest %}
