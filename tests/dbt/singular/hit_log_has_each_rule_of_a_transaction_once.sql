-- A withdrawn hit is there once, and does not stand as well. Those that stand are compared with
-- rule_hits, which have a key (alert_log_and_alerts_agree).
select
    transaction_no,
    rule_name,
    count(*) as times
from {{ touched_only(ref('hit_log'), keys=true) }}
where
    transaction_no in (
        select withdrawn.transaction_no from {{ ref('hit_log') }} as withdrawn
        where withdrawn.withdrawn_build is not null
    )
group by
    transaction_no,
    rule_name
having count(*) > 1
