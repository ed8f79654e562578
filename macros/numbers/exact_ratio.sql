{#-
    Decimal division goes through double, which puts a tie such as 12.35 / 1000 on the wrong side
    of the fourth decimal. Dividing whole paise by whole paise is exact: floor((2an + d) / 2d) is
    an/d rounded half up.
-#}
{% macro exact_ratio(numerator, denominator) -%}
    {{ return(adapter.dispatch("exact_ratio")(numerator, denominator)) }}
{%- endmacro %}

{#- 128-bit integers take twenty times as long: only amounts of 100 million and more need them. -#}
{% macro default__exact_ratio(numerator, denominator) -%}
    {%- set n, d = _paise(numerator, 10, "bigint"), _paise(denominator, 10, "bigint") -%}
    {%- set large_n, large_d = _paise(numerator, 38, "hugeint"), _paise(denominator, 38, "hugeint") -%}
    case
        when greatest({{ numerator }}, {{ denominator }}) < 100000000
            then cast(
                0.0001 * cast((20000 * {{ n }} + {{ d }}) // (2 * {{ d }}) as decimal(14, 0))
                as decimal(18, 4)
            )
        -- Not null: least() would ignore a null and return the cap.
        when {{ numerator }} is not null and {{ denominator }} is not null
            then cast(
                0.0001 * cast(
                    least(
                        (20000 * {{ large_n }} + {{ large_d }}) // (2 * {{ large_d }}),
                        999999999999999999
                    ) as decimal(18, 0)
                ) as decimal(18, 4)
            )
    end
{%- endmacro %}

{#- `div` returns a bigint, too small for a capped quotient, so the size is tested first. -#}
{% macro spark__exact_ratio(numerator, denominator) -%}
    {%- set n = _paise(numerator, 38, "decimal(38, 0)") -%}
    {%- set d = _paise(denominator, 38, "decimal(38, 0)") -%}
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

{% macro _paise(money, digits, data_type) -%}
    cast(100 * cast({{ money }} as decimal({{ digits }}, 2)) as {{ data_type }})
{%- endmacro %}
