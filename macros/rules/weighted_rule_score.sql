{#-
    The sum of the severities that fired, of the notebook's rules. Both models that need it read the
    flags from `rules` and each severity from the one row of `severities`.
-#}
{% macro weighted_rule_score() -%}
    cast(
        {{ each_rule("coalesce(rules.FLAG * severities.RULE, 0)", " +", "notebook") }}
        as integer
    )
{%- endmacro %}

{#-
    One row with a column per rule of the notebook, so that each severity meets the flag of its rule in
    one row. Small integers, because most of the work on the totals is to multiply them.
-#}
{% macro rule_severities() -%}
    select
        {{ each_rule(
            "cast(sum(case when rule_name = 'RULE' then severity end) as smallint) as RULE",
            ",",
            "notebook",
        ) }}
    from {{ ref('rule_catalogue') }}
{%- endmacro %}
