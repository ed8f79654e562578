select
    typed.line,
    ids(typed.account_id, typed.beneficiary_id) as source_id,
    typed.account_id,
    typed.beneficiary_id,
    typed.missed,
    nullif(
        concat_ws(
            chr(10),
            typed.unread,
            missing('account_id', typed.account_id),
            unknown('account_id', typed.account_id, accounts.account_id, 'an account'),
            missing('beneficiary_id', typed.beneficiary_id),
            case
                when gives_table('beneficiaries')
                    then unknown(
                        'beneficiary_id', typed.beneficiary_id, beneficiaries.beneficiary_id, 'a beneficiary'
                    )
            end
        ),
        ''
    ) as reasons
from typed
left join known_accounts as accounts
    on typed.account_id = accounts.account_id
left join known_beneficiaries as beneficiaries
    on typed.beneficiary_id = beneficiaries.beneficiary_id
