-- Which transactions a decision on a case speaks for. Which rows a case has depends on scores, and
-- scores on outcomes; so this looks at the rules alone. A decision speaks for the transaction that
-- opened the case, and for those of the customer on which all rules of that one fire too, up to
-- `case_gap_days` later and to the moment of the decision.

with dispositions as (
    select * from {{ ref('stg_dispositions') }}
),

transactions as (
    select * from {{ ref('stg_transactions') }}
),

patterns as (
    select * from {{ ref('rule_patterns') }}
),

openings as (
    select
        dispositions.disposition_no,
        dispositions.decided_at,
        dispositions.decision,
        transactions.transaction_no as opening_no,
        transactions.customer_id,
        transactions.timestamp as opened_at
    from dispositions
    inner join transactions
        on cast(substr(dispositions.case_id, 2) as bigint) = transactions.transaction_no
),

candidates as (
    select
        openings.disposition_no,
        openings.decided_at,
        openings.decision,
        openings.opening_no,
        transactions.transaction_no
    from openings
    inner join transactions
        on
            openings.customer_id = transactions.customer_id
            and openings.opened_at <= transactions.timestamp
            and openings.decided_at >= transactions.timestamp
            and openings.opened_at
            + interval '{{ worklist_bound("case_gap_days") }}' day >= transactions.timestamp
),

alike as (
    select
        candidates.disposition_no,
        candidates.decided_at,
        candidates.decision,
        candidates.transaction_no
    from candidates
    inner join patterns as opening
        on candidates.opening_no = opening.transaction_no
    inner join patterns
        on candidates.transaction_no = patterns.transaction_no
    where
        {{ each_score_group("(opening.GROUP & patterns.GROUP) = opening.GROUP", " and") }}
)

select
    transaction_no,
    disposition_no,
    decided_at as known_at,
    lead(decided_at) over (
        partition by transaction_no order by decided_at, disposition_no
    ) as known_until,
    cast(case decision when 'confirmed' then 1 when 'cleared' then 0 end as tinyint) as is_fraud
from alike
