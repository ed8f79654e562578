-- Why it is in the queue
-- The points of the strongest transaction, by group of rules. They are learnt from the outcomes of
-- earlier transactions on which the same rules fired: 0 points are the odds of fraud of all
-- transactions, and 230 more are ten times the odds.
with strongest as (
    select transaction_id
    from case_transactions
    where
        case_id = 'K1'
        and membership = 'qualifying'
    order by priority_score desc, timestamp asc, transaction_no asc
    limit 1
)

select
    month,
    score_group,
    fired_rules,
    points,
    known_rows,
    known_frauds
from priority_reasons((select strongest.transaction_id from strongest))
order by points desc, score_group asc
