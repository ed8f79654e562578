-- The same entity twice, as in a file that has it beside each of its transactions, is no fault.
update raw.landed_rows
set is_left_out = 1
where source_table = '{table}' and landed_no in (select landed_no from repeated where is_same);

delete from raw.staged
where landed_no in (select landed_no from repeated where is_same);

delete from repeated
where is_same;
