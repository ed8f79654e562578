{{ config(materialized='table_function', parameters=['asked']) }}

-- What a table is and what each of its columns means, for whoever is at a prompt. `asked` is the
-- parameter: a table, in upper or lower case, with its schema where it is not one of `main`'s.

with column_catalogue as (
    select * from {{ same_file(ref('column_catalogue')) }}
)

select
    column_name,
    data_type,
    description
from column_catalogue
where
    lower(schema_name || '.' || table_name)
    in (lower(asked), 'main.' || lower(asked)) -- noqa: RF02
order by ordinal
