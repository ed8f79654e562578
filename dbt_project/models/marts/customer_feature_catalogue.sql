-- Notebook 1's catalogue of the 23 entity columns, each listed with the first table that has it.

with entity_columns as (
    select
        *,
        case table_name
            when 'customers' then 1
            when 'accounts' then 2
            when 'devices' then 3
            when 'beneficiaries' then 4
        end as table_no
    from {{ ref('column_catalogue') }}
    where
        schema_name = 'raw'
        and ordinal > 0
        and table_name in ('customers', 'accounts', 'devices', 'beneficiaries')
),

first_stands as (
    select *
    from entity_columns
    qualify row_number() over (partition by column_name order by table_no) = 1
)

select
    column_name,
    table_name as table,
    case
        when column_name like '%!_id' escape '!' then 'string'
        when data_type = 'tinyint' then 'binary'
        when data_type = 'integer' then 'integer'
        when data_type like 'decimal%' then 'float'
        else 'categorical'
    end as data_type,
    description
from first_stands
order by table_no, ordinal
