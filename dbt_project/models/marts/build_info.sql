-- Filled at the end of a run (macro record_build_info), emptied at the start of the next one
-- (forget_build_info); this model only declares the table.

select
    cast(null as string) as build_id,
    cast(null as timestamp) as built_at,
    cast(null as timestamp) as published_at,
    cast(null as string) as git_commit,
    cast(null as boolean) as git_dirty,
    cast(null as bigint) as seed,
    cast(null as double) as scale,
    cast(null as double) as fraud_rate,
    cast(null as decimal(18, 6)) as money_unit,
    cast(null as string) as package_version,
    cast(null as string) as project_hash,
    cast(null as string) as dbt_version,
    cast(null as string) as duckdb_version,
    cast(null as string) as spark_version,
    cast(null as string) as numpy_version,
    cast(null as integer) as tests_passed,
    cast(null as integer) as tests_failed,
    cast(null as integer) as tests_errored,
    cast(null as integer) as tests_warned,
    cast(null as integer) as tests_skipped,
    cast(null as integer) as tests_unknown,
    cast(null as {{ column_type('json') }}) as fingerprints,
    cast(null as {{ column_type('json') }}) as raw_fingerprints
where false
