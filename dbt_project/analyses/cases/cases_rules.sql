-- What the rules say
-- The alerts on the qualifying transactions, one line per rule, worst severity first. The sentence
-- is that of the transaction with the most points.
with found as (
    select
        alerts.severity,
        alerts.rule_name,
        alerts.transaction_id,
        alerts.reason,
        alerts.is_snoozed,
        members.priority_score,
        row_number() over (
            partition by alerts.rule_name
            order by members.priority_score desc, members.timestamp asc, members.transaction_no asc
        ) as place,
        count(*) over (partition by alerts.rule_name) as times
    from alerts
    inner join case_transactions as members using (transaction_id)
    where
        members.case_id = 'K1'
        and members.membership = 'qualifying'
        and alerts.customer_id = (
            select cases.customer_id from cases
            where cases.case_id = 'K1'
        )
)

select
    found.severity,
    found.rule_name,
    rule_catalogue.description,
    found.times,
    found.transaction_id,
    found.priority_score,
    found.reason,
    found.is_snoozed,
    rule_catalogue.window_kind
from found
inner join rule_catalogue using (rule_name)
where found.place = 1
order by found.severity desc, found.times desc, found.rule_name asc
