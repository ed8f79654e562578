-- Earlier decisions
-- On this case and on the customer's other cases, latest first. A case is gone if another
-- transaction opens it now.
select
    case_decisions.decided_at,
    case_decisions.case_id,
    case_decisions.is_known_case,
    case_decisions.decision,
    case_decisions.decided_by,
    case_decisions.note
from case_decisions
inner join transactions
    on try_cast(substr(case_decisions.case_id, 2) as bigint) = transactions.transaction_no
where
    transactions.customer_id = (
        select asked.customer_id from cases as asked
        where asked.case_id = 'K1'
    )
order by case_decisions.decided_at desc, case_decisions.disposition_no desc
