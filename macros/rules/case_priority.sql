{#-
    The strongest transaction counts in full. Each further one adds 10, and five of them at most: so
    no number of weak transactions outweighs one that scores more than 50 higher.
-#}
{% macro case_priority(highest_score, transactions) -%}
    cast({{ highest_score }} + 10 * least({{ transactions }} - 1, 5) as integer)
{%- endmacro %}
