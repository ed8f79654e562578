-- The build
select
    built_at,
    published_at,
    git_commit,
    git_dirty,
    seed,
    scale,
    fraud_rate,
    cast(money_unit as double) as money_unit,
    package_version,
    duckdb_version,
    dbt_version,
    tests_passed,
    tests_failed
from build_info
