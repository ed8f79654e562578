{#-
    The vars of the work list: lowest value, highest value and decimals of each. A prior of no rows
    would give a pattern without fraud infinitely low odds.
-#}
{% macro worklist_bounds() -%}
    {{ return({
        "scorecard_prior_rows": [1, 10000, 0],
        "outcome_delay_days": [0, 365, 0],
        "case_share": [0.0001, 0.5, 4],
        "first_case_line": [0, 100000, 0],
        "case_gap_days": [1, 90, 0],
        "cases_per_day": [1, 10000, 0],
    }) }}
{%- endmacro %}

{#- The checked value of one of them, as a number in SQL. -#}
{% macro worklist_bound(name) -%}
    {{ return(number_within(name, worklist_bounds()[name])) }}
{%- endmacro %}
