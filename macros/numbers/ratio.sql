{% macro ratio(numerator, denominator) -%}
    case
        when {{ denominator }} > 0 and {{ numerator }} >= 0
            then {{ exact_ratio("(" ~ numerator ~ ")", "(" ~ denominator ~ ")") }}
    end
{%- endmacro %}
