with counted as (
    select
        (select count(*) from {{ ref('stg_transactions') }}) as raw_rows,
        (select count(*) from {{ ref('transactions') }}) as built_rows
)

select *
from counted
where raw_rows != built_rows
