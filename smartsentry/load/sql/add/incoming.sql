-- The added transactions, each with the source's id: the bank's own, or in made-up data, which were
-- read from no file, the transaction_id itself.
create or replace temp table incoming as
select
    given.*,
    if(getvariable('added_by') = 'a loader', landed.source_id, given.transaction_id) as source_id,
    landed.landed_no,
    coalesce(landed.source_file, getvariable('file')) as source_file,
    landed.source_line
from added.raw.transactions as given
left join added.raw.landed_rows as landed
    on
        landed.source_table = 'transactions'
        and landed.landed_no = substr(given.transaction_id, 2)::bigint
