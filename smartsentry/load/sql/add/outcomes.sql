select
    source_table,
    source_file,
    outcome,
    count(*) as rows
from (
    select source_table, source_file, outcome
    from ({outcomes})
    union all
    select source_table, source_file, 'rejected'
    from added.raw.rejected_rows
    union all
    select source_table, source_file, 'left out'
    from added.raw.landed_rows
    where is_left_out = 1
)
group by source_table, source_file, outcome
order by (source_table != 'transactions'), source_table, source_file, outcome
