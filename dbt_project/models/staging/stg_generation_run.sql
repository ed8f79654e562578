select
    seed,
    scale,
    fraud_rate,
    window_start,
    window_end,
    time_precision,
    config,
    package_version,
    numpy_version,
    row_counts,
    fingerprints
from {{ source('raw', 'generation_run') }}
