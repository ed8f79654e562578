-- Review budgets
-- What a team finds if it reviews the highest scores first.
select
    budget,
    transactions,
    lowest_score,
    true_positives,
    precision,
    recall
from alert_budget
order by transactions
