select
    typed.line,
    typed.account_id as source_id,
    typed.account_id,
    typed.device_id,
    typed.missed,
    nullif(
        concat_ws(
            chr(10),
            typed.unread,
            missing('account_id', typed.account_id),
            unknown('account_id', typed.account_id, accounts.account_id, 'an account'),
            missing('device_id', typed.device_id),
            case
                when gives_table('devices')
                    then unknown('device_id', typed.device_id, devices.device_id, 'a device')
            end
        ),
        ''
    ) as reasons
from typed
left join known_accounts as accounts
    on typed.account_id = accounts.account_id
left join known_devices as devices
    on typed.device_id = devices.device_id
