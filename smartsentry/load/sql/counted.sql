create or replace temp table counted as
select
    source_table::varchar as source_table,
    label::tinyint as label,
    debit_credit::varchar as debit_credit,
    missed::varchar as missed,
    coalesce(is_negative::boolean, false) as is_negative,
    coalesce(is_in_repeated_hour::boolean, false) as is_in_repeated_hour,
    is_rejected::boolean as is_rejected,
    rows::bigint as rows
from counted_rows
