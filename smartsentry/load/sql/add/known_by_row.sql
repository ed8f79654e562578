-- Without ids a row is known that equals a published one in every column. Equal rows are counted:
-- what was added more often than it is published is new.
create or replace temp table known as
with published as (
    select
        *,
        row_number() over (
            partition by {content} order by substr(transaction_id, 2)::bigint
        ) as copy_no
    from raw.transactions
    semi join incoming using (sender_account_id, "timestamp")
),

given as (
    select
        *,
        row_number() over (partition by {content} order by landed_no) as copy_no
    from incoming
)

select
    published.* exclude (copy_no),
    given.transaction_id as given_id
from given
inner join published
    on
        given.sender_account_id = published.sender_account_id
        and given."timestamp" = published."timestamp"
        and given.copy_no = published.copy_no
        and row({given}) is not distinct from row({published})
