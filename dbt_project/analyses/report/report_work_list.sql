-- The work list
-- Where the cases stand. What nobody reviewed is open, not cleared.
select
    case when is_snoozed = 1 then status || ', snoozed' else status end as standing,
    count(*) as cases,
    count(*) / sum(count(*)) over () as share_of_cases,
    sum(qualifying_transactions) as transactions,
    sum(alerts) as alerts,
    sum(amount_in) as amount_in,
    sum(amount_out) as amount_out
from cases
group by standing
order by standing
