-- What the team decided, and whether there still is such a case.

with dispositions as (
    select * from {{ ref('stg_dispositions') }}
),

case_members as (
    select * from {{ ref('case_members') }}
),

known_cases as (
    select distinct 'K' || cast(opening_no as string) as case_id
    from case_members
)

select
    dispositions.disposition_no,
    dispositions.case_id,
    dispositions.decided_at,
    dispositions.decision,
    dispositions.decided_by,
    dispositions.note,
    dispositions.input_line,
    cast(known_cases.case_id is not null as tinyint) as is_known_case,
    cast(
        row_number() over (
            partition by dispositions.case_id
            order by dispositions.decided_at desc, dispositions.disposition_no desc
        ) = 1 as tinyint
    ) as is_last
from dispositions
left join known_cases
    on dispositions.case_id = known_cases.case_id
