{% macro whole_step(whole_number, factor) -%}
    cast(
        case
            when {{ factor }} < 1
                then greatest(
                    least(round({{ whole_number }} * {{ factor }}), {{ whole_number }} - 1), 0
                )
            when {{ factor }} > 1
                then greatest(round({{ whole_number }} * {{ factor }}), {{ whole_number }} + 1)
            else {{ whole_number }}
        end as bigint
    )
{%- endmacro %}
