-- Runs after everything that it looks at:
-- depends_on: {{ ref("integrity_checks") }}
-- depends_on: {{ ref("build_info") }}
-- depends_on: {{ ref("alerts") }}
-- depends_on: {{ ref("rule_catalogue_in_force") }}
-- depends_on: {{ ref("customer_feature_catalogue") }}
-- depends_on: {{ ref("dormant_account_set") }}
-- depends_on: {{ ref("stg_account_devices") }}
-- depends_on: {{ ref("stg_account_beneficiaries") }}
-- Every table and column that stands in the file is catalogued with its type and its comment,
-- and nothing else is.
with catalogued as (
    select
        schema_name,
        table_name,
        column_name,
        data_type,
        description
    from {{ ref('column_catalogue') }}
    where ordinal > 0
),

in_file as (
    select
        schema_name,
        table_name,
        column_name,
        lower(data_type) as data_type,
        comment as description
    from duckdb_columns()
    where
        database_name = current_database()
        and schema_name in ('raw', 'staging', 'features', 'rules', 'main')
)

select
    coalesce(catalogued.schema_name, in_file.schema_name) as schema_name,
    coalesce(catalogued.table_name, in_file.table_name) as table_name,
    coalesce(catalogued.column_name, in_file.column_name) as column_name,
    catalogued.data_type as catalogued_type,
    in_file.data_type as type_in_file,
    catalogued.description = in_file.description as same_description
from catalogued
full join in_file
    on
        catalogued.schema_name = in_file.schema_name
        and catalogued.table_name = in_file.table_name
        and catalogued.column_name = in_file.column_name
where
    catalogued.data_type is distinct from in_file.data_type
    or catalogued.description is distinct from in_file.description
