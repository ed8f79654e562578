-- What the team decided
-- Of the cases in which a rule fires, how many were reviewed and how they ended. What nobody
-- reviewed is not counted as cleared.
select
    rule_name,
    rule_set,
    cases,
    reviewed,
    reviewed_share,
    confirmed,
    cleared,
    precision,
    precision_low,
    precision_high
from rule_dispositions
where cases > 0
order by reviewed desc, cases desc, rule_name
