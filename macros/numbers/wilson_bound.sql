{#-
    Unlike p ± 1.96 standard errors, the interval stays within 0 and 1 and holds for few rows.
    E. B. Wilson, Journal of the American Statistical Association 22 (1927), p. 209.
-#}
{% macro wilson_bound(hits, misses, sign) -%}
    {%- set z = 1.959963984540054 -%} {#- the normal distribution's 97.5% point -#}
    {%- set n = "cast(" ~ hits ~ " + " ~ misses ~ " as double)" -%}
    cast(
        round(
            (
                {{ hits }} + {{ z * z / 2 }}e0
                {{ sign }} {{ z }}e0 * sqrt(
                    cast({{ hits }} as double) * {{ misses }} / nullif({{ n }}, 0)
                    + {{ z * z / 4 }}e0
                )
            ) / ({{ n }} + {{ z * z }}e0) * 10000
        ) / 10000 as decimal(18, 4)
    )
{%- endmacro %}
