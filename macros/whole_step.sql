{#-
    A whole number times a factor, rounded, but at least one away from itself unless the factor is
    1, and not below 0: 5 × 0.9 is 4.
-#}
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
