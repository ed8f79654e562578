select * from {{ ref('stg_devices') }}
