select
    line,
    device_id,
    device_age_days,
    rooted_flag,
    os_type,
    vpn_flag,
    emulator_flag
from source
