-- The published transactions with an id of the added ones. In made-up data the id is the
-- transaction_id; of loaded rows that were read under one id only the accepted one is published.
create or replace temp table known as
with ids as (
    select
        source_id,
        source_id as transaction_id
    from incoming
    where getvariable('published_by') != 'a loader'
    union all
    select
        landed.source_id,
        'T' || landed.landed_no
    from raw.landed_rows as landed
    semi join incoming using (source_id)
    where getvariable('published_by') = 'a loader' and landed.source_table = 'transactions'
)

select
    published.*,
    incoming.transaction_id as given_id
from ids
inner join raw.transactions as published using (transaction_id)
inner join incoming using (source_id)
