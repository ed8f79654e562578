-- The configuration of seeded data names their typologies; loaded data may have any.
with typologies as (
    select {{ unnest(json_keys("config", "$.typologies")) }} as fraud_type
    from {{ ref('stg_generation_run') }}
),

labelled as (
    select
        fraud_type,
        count(*) as transactions
    from {{ touched_only(ref('transactions')) }}
    where fraud_type != 'normal'
    group by fraud_type
)

select labelled.*
from labelled
where
    labelled.fraud_type not in (select typologies.fraud_type from typologies)
    and exists (select 1 from typologies)
