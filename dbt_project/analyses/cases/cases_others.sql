-- The customer's other cases
select
    case_id,
    status,
    priority,
    opened_at,
    last_qualifying_at,
    main_reasons
from cases
where
    case_id != 'K1'
    and customer_id = (
        select asked.customer_id from cases as asked
        where asked.case_id = 'K1'
    )
order by opened_at desc, case_id desc
