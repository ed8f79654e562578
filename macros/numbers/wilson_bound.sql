{#-
    Unlike p ± 1.96 standard errors, the interval stays within 0 and 1 and holds for few rows.
    E. B. Wilson, Journal of the American Statistical Association 22 (1927), p. 209.
-#}
{% macro wilson_bound(hits, misses, sign) -%}
    {{ four_decimals(exact_wilson_bound(hits, misses, sign)) }}
{%- endmacro %}

{#- The same as a double: a bound of a rare event would be 0 in four decimals. -#}
{% macro exact_wilson_bound(hits, misses, sign) -%}
    {%- set z = 1.959963984540054 -%} {#- the normal distribution's 97.5% point -#}
    {%- set n = "cast(" ~ hits ~ " + " ~ misses ~ " as double)" -%}
    (
        {{ hits }} + {{ z * z / 2 }}e0
        {{ sign }} {{ z }}e0 * sqrt(
            cast({{ hits }} as double) * {{ misses }} / nullif({{ n }}, 0)
            + {{ z * z / 4 }}e0
        )
    ) / ({{ n }} + {{ z * z }}e0)
{%- endmacro %}

{#- A double, rounded half away from zero. -#}
{% macro four_decimals(number) -%}
    cast(round({{ number }} * 10000) / 10000 as decimal(18, 4))
{%- endmacro %}

{#-
    The lower end of the 95% interval of a lift: the lower end of the share found over the upper end
    of the share of honest rows that alert.
-#}
{% macro lift_low(found, missed, false_positives, true_negatives) -%}
    {{ four_decimals(
        exact_wilson_bound(found, missed, "-")
        ~ " / (" ~ exact_wilson_bound(false_positives, true_negatives, "+") ~ ")"
    ) }}
{%- endmacro %}
