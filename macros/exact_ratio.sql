{#-
    numerator / denominator as decimal(18,4), rounded half away from zero; both are money, the
    numerator not negative, the denominator positive. A quotient too large for the type is capped
    at its largest value.

    Decimal division goes through double, which puts a tie such as 12.35 / 1000 on the wrong side
    of the fourth decimal. Dividing whole paise by whole paise is exact: floor((2an + d) / 2d) is
    an/d rounded half up.
-#}
{% macro exact_ratio(numerator, denominator) -%}
    {{ return(adapter.dispatch("exact_ratio")(numerator, denominator)) }}
{%- endmacro %}

{% macro default__exact_ratio(numerator, denominator) -%}
    {%- set n = "cast(100 * cast(" ~ numerator ~ " as decimal(38, 2)) as hugeint)" -%}
    {%- set d = "cast(100 * cast(" ~ denominator ~ " as decimal(38, 2)) as hugeint)" -%}
    case
        -- Not null: least() would pass over a null and give the cap.
        when {{ numerator }} is not null and {{ denominator }} is not null
            then cast(
                0.0001 * cast(
                    least((20000 * {{ n }} + {{ d }}) // (2 * {{ d }}), 999999999999999999)
                    as decimal(18, 0)
                ) as decimal(18, 4)
            )
    end
{%- endmacro %}

{#- `div` gives a bigint, which a capped quotient would not fit: it is asked for its size first. -#}
{% macro spark__exact_ratio(numerator, denominator) -%}
    {%- set n = "cast(100 * cast(" ~ numerator ~ " as decimal(38, 2)) as decimal(38, 0))" -%}
    {%- set d = "cast(100 * cast(" ~ denominator ~ " as decimal(38, 2)) as decimal(38, 0))" -%}
    case
        when {{ numerator }} is null or {{ denominator }} is null then null
        when 20000 * {{ n }} + {{ d }} >= 2 * {{ d }} * 999999999999999999
            then cast(99999999999999.9999 as decimal(18, 4))
        else cast(
            0.0001 * cast((20000 * {{ n }} + {{ d }}) div (2 * {{ d }}) as decimal(18, 0))
            as decimal(18, 4)
        )
    end
{%- endmacro %}
