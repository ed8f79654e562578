{{ config(
    materialized='table_function',
    parameters=['asked'],
    persist_docs={'relation': target.type == 'spark', 'columns': false},
    post_hook="{{ comment_on_table_macro() }}",
) }}

-- What a table is and what each of its columns means, to be asked at a prompt. The parameter
-- `asked` is a table, in upper or lower case; outside `main`, with its schema.

with column_catalogue as (
    select * from {{ same_file(ref('column_catalogue')) }}
),

described as (
    select * from column_catalogue
    where
        lower(schema_name || '.' || table_name)
        in (lower(asked), lower('{{ this.schema }}.' || asked)) -- noqa: RF02
),

found as (
    select count(*) as matches from described
)

select
    described.column_name,
    described.data_type,
    described.description
from found
left join described on true
where {{ refuse_none('found.matches', 'table', 'a name as column_catalogue has it') }}
order by described.ordinal
