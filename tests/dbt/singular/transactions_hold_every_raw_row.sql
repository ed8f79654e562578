select
    (select count(*) from {{ ref('stg_transactions') }}) as raw_rows,
    (select count(*) from {{ ref('transactions') }}) as built_rows
where raw_rows != built_rows
