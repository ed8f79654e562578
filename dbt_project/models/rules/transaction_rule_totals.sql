{{ config(materialized='view') }}

-- How many rules fired on a transaction and how severe they are, beside the rules themselves.

with rules as (
    select * from {{ ref('transaction_rules') }}
),

-- One row, a column per rule: a severity meets the flag of its rule in the same row.
severities as (
    select
        {% call(rule) each_rule(",\n        ") -%}
            sum(case when rule_name = '{{ rule }}' then severity end) as {{ rule }}
        {%- endcall %}
    from {{ ref('rule_catalogue') }}
)

select
    rules.*,
    cast(
        {% call(rule) each_rule("\n        + ") %}coalesce(rules.rule_{{ rule }}, 0){% endcall %}
        as integer
    ) as rule_trigger_count,
    cast(
        coalesce(
            greatest(
                {% call(rule) each_rule(",\n                ") -%}
                    rules.rule_{{ rule }} * severities.{{ rule }}
                {%- endcall %}
            ), 0
        ) as integer
    ) as max_rule_severity,
    cast(
        {% call(rule) each_rule("\n        + ") -%}
            coalesce(rules.rule_{{ rule }} * severities.{{ rule }}, 0)
        {%- endcall %}
        as integer
    ) as weighted_rule_score
from rules
cross join severities
