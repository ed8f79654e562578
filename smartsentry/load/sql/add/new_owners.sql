-- The accounts that would change their owner, unless nobody knew the owner before.
select
    judged_accounts.account_id,
    published.customer_id as owner,
    judged_accounts.customer_id as other,
    concat_ws(' line ', judged_accounts.source_file, judged_accounts.source_line) as place
from judged_accounts
inner join raw.accounts as published using (account_id)
where judged_accounts.customer_id != published.customer_id
    and published.customer_id != 'owner of ' || account_id
order by place, account_id
