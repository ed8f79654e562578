-- A correction takes the place of the row that it corrects; a new row gets its number as its id.
delete from raw.transactions
where transaction_id in (select known_id from judged where outcome = 'corrected');

insert into raw.transactions by name
select
    {columns},
    case
        when judged.known_id is not null then judged.known_id
        when getvariable('published_by') = 'a loader' then 'T' || landed.landed_no
        else judged.source_id
    end as transaction_id
from judged
left join landed
    on landed.source_table = 'transactions' and judged.landed_no = landed.given_no
where judged.outcome != 'known'
order by landed.landed_no, transaction_id
