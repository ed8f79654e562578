{#-
    An amount of money as text with the rupee sign and Indian digit grouping, thousands first and
    then hundreds: ₹1,23,456.00. Always two decimals; a minus stands before the sign.
-#}
{% macro rupees(amount) -%}
    {{ return(adapter.dispatch("rupees")(amount)) }}
{%- endmacro %}

{% macro default__rupees(amount) -%}
    {%- set digits = "cast(cast(abs(" ~ amount ~ ") as decimal(18, 2)) as varchar)" -%}
    case when {{ amount }} < 0 then '-₹' else '₹' end
    || case
        when abs({{ amount }}) < 1000 then {{ digits }}
        -- what stands before the last three digits, in pairs from the right
        else
            ltrim(
                reverse(
                    regexp_replace(
                        reverse(left({{ digits }}, length({{ digits }}) - 6)), '(..)', '\1,', 'g'
                    )
                ), ','
            ) || ',' || right({{ digits }}, 6)
    end
{%- endmacro %}
