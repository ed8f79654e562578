select * from {{ ref('stg_dormant_accounts') }}
