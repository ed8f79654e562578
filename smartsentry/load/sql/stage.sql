create or replace table raw.staged as
select
    null::bigint as landed_no,
    *
from raw.{table}
limit 0
