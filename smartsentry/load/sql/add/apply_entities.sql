delete from raw.{table}
using judged_{table} as judged
where judged.outcome = 'corrected' and {is_key};

insert into raw.{table} by name
select {columns} from judged_{table}
where outcome != 'known'
order by {keys}
