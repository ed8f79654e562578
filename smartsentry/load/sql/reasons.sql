select
    counted.item,
    counted.value,
    earliest.value
from raw.load_receipt as counted
inner join raw.load_receipt as earliest
    on counted.source_table = earliest.source_table and counted.item = earliest.item
where counted.source_table = ?
    and counted.figure = 'rejected'
    and earliest.figure = 'first rejected'
order by counted.value::bigint desc, counted.item
