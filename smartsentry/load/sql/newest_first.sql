-- Rows of one time are in the order of their numbers. In a file that begins with the newest row
-- they are numbered from its end.
create or replace temp table renumbered as
select
    source_file,
    min(landed_no) + max(landed_no) as turning
from raw.landed_rows
where source_table = 'transactions'
group by source_file;

update raw.transactions
set transaction_id = 'T' || (turning - substr(transaction_id, 2)::bigint)
from raw.landed_rows as landed
inner join renumbered using (source_file)
where landed.source_table = 'transactions'
    and landed.landed_no = substr(transactions.transaction_id, 2)::bigint;

update raw.rejected_rows
set landed_no = turning - landed_no
from renumbered
where rejected_rows.source_file = renumbered.source_file
    and source_table = 'transactions';

update raw.landed_rows
set landed_no = turning - landed_no
from renumbered
where landed_rows.source_file = renumbered.source_file
    and source_table = 'transactions';
