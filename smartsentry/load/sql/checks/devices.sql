select
    typed.line,
    typed.device_id as source_id,
    typed.device_id,
    typed.device_age_days,
    typed.rooted_flag,
    typed.os_type,
    typed.vpn_flag,
    typed.emulator_flag,
    typed.missed,
    nullif(
        concat_ws(
            chr(10),
            typed.unread,
            missing('device_id', typed.device_id),
            outside_range('device_age_days', typed.device_age_days, 0, 2147483647),
            outside_domain('os_type', typed.os_type)
        ),
        ''
    ) as reasons
from typed
