-- What became of the rows of each added file.
insert into raw.load_receipt
select
    coalesce((select max(receipt_no) from raw.load_receipt), 0) + row_number() over (
        order by source_table != 'transactions', source_table, source_file, outcome
    ),
    source_table,
    'added: ' || outcome,
    source_file,
    rows::varchar,
    null
from ({outcomes})
