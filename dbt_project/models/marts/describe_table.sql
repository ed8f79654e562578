{{ config(materialized='table_function', parameters=['asked']) }}

-- What a table is and what each of its columns means, for whoever is at a prompt. `asked` is the
-- parameter: a table, with its schema where it is not one of `main`'s.

with column_catalogue as (
    select * from {{ same_file(ref('column_catalogue')) }}
)

select
    column_name,
    data_type,
    description
from column_catalogue
where schema_name || '.' || table_name in (asked, 'main.' || asked) -- noqa: RF02
order by ordinal
