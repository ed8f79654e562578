-- Runs after everything that it looks at:
-- depends_on: {{ ref("integrity_checks") }}
-- depends_on: {{ ref("build_info") }}
-- depends_on: {{ ref("alerts") }}
-- depends_on: {{ ref("rule_catalogue_in_force") }}
-- depends_on: {{ ref("customer_feature_catalogue") }}
-- depends_on: {{ ref("dormant_account_set") }}
-- depends_on: {{ ref("rule_typology_recall") }}
-- depends_on: {{ ref("typology_coverage") }}
-- depends_on: {{ ref("rule_overlap") }}
-- depends_on: {{ ref("rule_marginal_value") }}
-- depends_on: {{ ref("score_calibration") }}
-- depends_on: {{ ref("alert_budget") }}
-- depends_on: {{ ref("threshold_sweep") }}
-- depends_on: {{ ref("below_the_line_sample") }}
-- depends_on: {{ ref("run_summary") }}
-- depends_on: {{ ref("customer_risk") }}
-- depends_on: {{ ref("case_queue") }}
-- depends_on: {{ ref("case_budget_means") }}
-- depends_on: {{ ref("new_alerts") }}
-- depends_on: {{ ref("new_cases") }}
-- depends_on: {{ ref("rule_dispositions") }}
-- depends_on: {{ ref("snooze_cost") }}
-- depends_on: {{ ref("known_outcomes") }}
-- depends_on: {{ ref("stg_account_devices") }}
-- depends_on: {{ ref("stg_account_beneficiaries") }}
-- The catalogue has every table and column of the file, with its type and comment, and nothing
-- else. The file does not list the columns of a table macro.
with column_catalogue as (
    select * from {{ ref('column_catalogue') }}
),

table_macros as (
    select
        schema_name,
        table_name
    from column_catalogue
    where ordinal = 0 and data_type = 'table macro'
),

catalogued as (
    select
        column_catalogue.schema_name,
        column_catalogue.table_name,
        column_catalogue.column_name,
        column_catalogue.data_type,
        column_catalogue.description
    from column_catalogue
    left join table_macros
        on
            column_catalogue.schema_name = table_macros.schema_name
            and column_catalogue.table_name = table_macros.table_name
    where column_catalogue.ordinal > 0 and table_macros.table_name is null
),

in_file as (
    select
        schema_name,
        table_name,
        column_name,
        data_type,
        description
    from {{ existing_columns() }}
    where
        schema_name in (select column_catalogue.schema_name from column_catalogue)
        -- In a project that uses this one as a package, its own tables are its own matter.
        and (
            {{ 'true' if project_name == 'smartsentry' else 'false' }}
            or schema_name || '.' || table_name in (
                select column_catalogue.schema_name || '.' || column_catalogue.table_name
                from column_catalogue
            )
        )
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
