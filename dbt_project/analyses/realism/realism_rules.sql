-- Rules on honest and on criminal rows
-- docs/generator.md says of every rule which honest behaviour fires it.
with totals as (
    select
        count(*) filter (where label = 0) as honest,
        count(*) filter (where label = 1) as criminal
    from transactions
),

fired as (
    select
        rule_catalogue.rule_name,
        count(*) filter (where transactions.label = 0) as honest,
        count(*) filter (where transactions.label = 1) as criminal
    from rule_catalogue
    left join alerts on rule_catalogue.rule_name = alerts.rule_name
    left join transactions on alerts.transaction_id = transactions.transaction_id
    group by rule_catalogue.rule_name
)

select
    fired.rule_name,
    fired.honest as honest_rows,
    fired.criminal as criminal_rows,
    fired.honest / nullif(totals.honest, 0) as honest,
    fired.criminal / nullif(totals.criminal, 0) as criminal,
    count(*) filter (where fired.honest > 0) over () as fire_on_honest,
    count(*) over () as rules
from fired
cross join totals
order by fired.honest desc, fired.rule_name
