{#-
    numerator / denominator of two counts or sums of money from 0 up, as decimal(18,4), rounded
    half away from zero; null where the denominator is 0 or either is unknown: nothing out of
    nothing is not a measure.
-#}
{% macro ratio(numerator, denominator) -%}
    case
        when {{ denominator }} > 0 and {{ numerator }} >= 0
            then {{ exact_ratio("(" ~ numerator ~ ")", "(" ~ denominator ~ ")") }}
    end
{%- endmacro %}
