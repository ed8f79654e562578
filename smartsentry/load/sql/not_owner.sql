-- Where no file names the accounts' owners, the first row of an account does.
create or replace temp table repeated as
with numbered as (
    select
        sender_account_id,
        customer_id,
        substr(transaction_id, 2)::bigint as landed_no
    from raw.transactions
),

owners as (
    select
        sender_account_id,
        arg_min(customer_id, landed_no) as owner
    from numbered
    group by sender_account_id
    having min(customer_id) != max(customer_id)
)

select
    landed_no,
    source_file,
    source_line,
    'customer_id does not own sender_account_id' as reason
from numbered
inner join owners using (sender_account_id)
inner join raw.landed_rows using (landed_no)
where source_table = 'transactions' and customer_id != owner
