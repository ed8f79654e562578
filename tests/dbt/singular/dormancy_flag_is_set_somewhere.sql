-- Required only where there are dormant accounts.
with flagged as (
    select count(*) as flagged_rows
    from {{ ref('transactions') }}
    where dormancy_flag = 1
),

dormant as (
    select count(*) as dormant_accounts
    from {{ ref('dormant_account_set') }}
)

select dormant.dormant_accounts
from dormant
cross join flagged
where dormant.dormant_accounts > 0 and flagged.flagged_rows = 0
