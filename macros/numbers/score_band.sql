{% macro score_band(score) -%}
    case
        when {{ score }} <= 20 then 'very_low'
        when {{ score }} <= 40 then 'low'
        when {{ score }} <= 60 then 'medium'
        when {{ score }} <= 80 then 'high'
        else 'critical'
    end
{%- endmacro %}
