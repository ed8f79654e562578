-- Every table and column of the file, as the project declares them. A test compares this with the
-- file itself.

with declared (
    schema_name,
    table_name,
    ordinal,
    column_name,
    data_type,
    description,
    is_ground_truth,
    learnt_from
) as (
    values
    {{ declared_columns() | indent(4) }}
)

select
    schema_name,
    table_name,
    ordinal,
    column_name,
    data_type,
    description,
    cast(is_ground_truth as tinyint) as is_ground_truth,
    cast(learnt_from as string) as learnt_from
from declared
