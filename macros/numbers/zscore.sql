{#-
    n, s and q are exact decimals, so n*q - s*s, which is n (n - 1) times the variance, is exact
    too: no cancellation, and 0 exactly where all baseline amounts are equal. Only then does one
    fixed chain of double operations follow. The engine's own avg and stddev add doubles in an
    order that depends on the threads.
-#}
{% macro zscore(x, n, s, q) -%}
    {%- set spread = _spread(n, s, q) -%}
    case
        -- The cap is inside the case, because least() and greatest() ignore nulls.
        when {{ spread }} > 0
            then cast(
                greatest(
                    least(
                        round(
                            cast({{ n }} * {{ x }} - {{ s }} as double)
                            / sqrt(
                                cast({{ n }} as double)
                                * cast({{ spread }} as double)
                                / cast({{ n }} - 1 as double)
                            )
                            * 10000
                        ) / 10000,
                        1e13
                    ),
                    -1e13
                ) as decimal(18, 4)
            )
    end
{%- endmacro %}

{#-
    Mean and sample standard deviation in money, from the same exact sums. Whole hundredths divided
    by a count: up to a sum of 10^13 no double is on the wrong side of a tie.
-#}
{% macro sample_mean(n, s) -%}
    case
        when {{ n }} > 0
            then cast(
                least(round(cast(100 * {{ s }} as double) / {{ n }}) / 100, 1e13) as decimal(18, 2)
            )
    end
{%- endmacro %}

{% macro sample_deviation(n, s, q) -%}
    case
        when {{ n }} > 1
            then cast(
                least(
                    round(
                        100 * sqrt(
                            cast({{ _spread(n, s, q) }} as double)
                            / cast({{ n }} * ({{ n }} - 1) as double)
                        )
                    ) / 100,
                    1e13
                ) as decimal(18, 2)
            )
    end
{%- endmacro %}

{% macro _spread(n, s, q) -%}
    {{ return("(" ~ n ~ " * " ~ q ~ " - " ~ s ~ " * " ~ s ~ ")") }}
{%- endmacro %}
