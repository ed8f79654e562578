-- Filled at the end of a run (macro record_build_info), emptied at the start of the next one
-- (forget_build_info); this model only declares the table.

select
    cast(null as varchar) as build_id,
    cast(null as timestamp) as built_at,
    cast(null as timestamp) as published_at,
    cast(null as varchar) as git_commit,
    cast(null as boolean) as git_dirty,
    cast(null as bigint) as seed,
    cast(null as double) as scale,
    cast(null as double) as fraud_rate,
    cast(null as varchar) as package_version,
    cast(null as varchar) as dbt_version,
    cast(null as varchar) as duckdb_version,
    cast(null as varchar) as numpy_version,
    cast(null as integer) as tests_passed,
    cast(null as integer) as tests_failed,
    cast(null as json) as fingerprints,
    cast(null as json) as raw_fingerprints
where false
