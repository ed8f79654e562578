with accounts as (
    select * from {{ ref('stg_accounts') }}
),

customers as (
    select * from {{ ref('stg_customers') }}
),

dormant_accounts as (
    select * from {{ ref('stg_dormant_accounts') }}
),

inactive_accounts as (
    select * from {{ ref('stg_inactive_accounts') }}
)

select
    accounts.account_id,
    accounts.customer_id,
    accounts.avg_balance,
    accounts.account_open_days,
    customers.kyc_level,
    customers.country_risk,
    customers.income_bracket,
    customers.customer_risk_rating,
    customers.pep_flag,
    customers.occupation,
    customers.industry,
    customers.account_type,
    cast(dormant_accounts.account_id is not null as tinyint) as is_dormant,
    cast(inactive_accounts.account_id is not null as tinyint) as is_inactive
from accounts
left join customers
    on accounts.customer_id = customers.customer_id
left join dormant_accounts
    on accounts.account_id = dormant_accounts.account_id
left join inactive_accounts
    on accounts.account_id = inactive_accounts.account_id
