-- What each added transaction is: new, known, or a correction of a published one.
create or replace temp table judged as
select
    incoming.*,
    known.transaction_id as known_id,
    case
        when known.transaction_id is null then 'new'
        when row({incoming}) is not distinct from row({known}) then 'known'
        else 'corrected'
    end as outcome
from incoming
left join known
    on incoming.transaction_id = known.given_id
