{#- The mean of n values with the sum s. -#}
{% macro mean_of(n, s) -%}
    case when {{ n }} > 0 then {{ four_decimals("(cast(" ~ s ~ " as double) / " ~ n ~ ")") }} end
{%- endmacro %}

{#-
    One end of the 95% interval of that mean: 1.96 standard errors away. The spread n*q - s*s is
    exact, as in a z-score.
-#}
{% macro mean_bound(n, s, q, sign) -%}
    {%- set count = "cast(" ~ n ~ " as decimal(9, 0))" -%}
    case
        when {{ n }} > 1
            then {{ four_decimals(
                "((cast(" ~ s ~ " as double) " ~ sign ~ " 1.959963984540054e0 * sqrt(cast("
                ~ count ~ " * " ~ q ~ " - " ~ s ~ " * " ~ s ~ " as double) / (" ~ n ~ " - 1))) / " ~ n ~ ")"
            ) }}
    end
{%- endmacro %}
