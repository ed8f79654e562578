select
    source_table,
    max(value::bigint) filter (where figure = 'landed'),
    max(value::bigint) filter (where figure = 'rejected' and item is null),
    max(value::bigint) filter (where figure = 'left out')
from raw.load_receipt
where figure in ('landed', 'rejected', 'left out')
group by source_table
order by source_table
