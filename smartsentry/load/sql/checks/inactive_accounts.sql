select
    typed.line,
    typed.account_id as source_id,
    typed.account_id,
    typed.missed,
    nullif(
        concat_ws(
            chr(10),
            typed.unread,
            missing('account_id', typed.account_id),
            unknown('account_id', typed.account_id, accounts.account_id, 'an account'),
            case
                when dormant_accounts.account_id is not null then 'account_id is a dormant account'
            end
        ),
        ''
    ) as reasons
from typed
left join known_accounts as accounts
    on typed.account_id = accounts.account_id
left join known_dormant_accounts as dormant_accounts
    on typed.account_id = dormant_accounts.account_id
