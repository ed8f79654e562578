-- Every rule of the rule book has a row, and its alerts are its hits.
with hits as (
    select
        rule_name,
        count(*) as alerts
    from {{ ref('rule_hits') }}
    group by rule_name
)

select
    rule_catalogue.rule_name,
    hits.alerts as alerts_hit,
    rule_performance.alerts
from {{ ref('rule_catalogue') }} as rule_catalogue
left join hits
    on rule_catalogue.rule_name = hits.rule_name
left join {{ ref('rule_performance') }} as rule_performance
    on rule_catalogue.rule_name = rule_performance.rule_name
where coalesce(hits.alerts, 0) is distinct from rule_performance.alerts
