-- The devices or beneficiaries that no file gives.
insert into raw.{table} ({key})
select {key}
from (
    select {key} from raw.transactions
    union
    select {key} from raw.{known}
)
where {key} is not null
order by {key}
