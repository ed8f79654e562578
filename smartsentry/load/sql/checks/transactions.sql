-- A transaction, completed with what follows from its other columns, and every reason against it.

with completed as (
    select
        typed.* replace (
            case
                when gives_table('accounts') then sender.customer_id
                when gives_column('customer_id') then typed.customer_id
                else typed.sender_account_id
            end as customer_id,
            case when gives_column('debit_credit') then typed.debit_credit else 'debit' end
                as debit_credit,
            case
                when gives_column('cash_flag') then typed.cash_flag
                else list_contains(getvariable('cash_types'), typed.transaction_type)
            end as cash_flag,
            coalesce(typed.label, cast(typed.fraud_type != 'normal' as tinyint)) as label,
            coalesce(
                typed.fraud_type,
                case typed.label when 0 then 'normal' when 1 then 'unspecified' end
            ) as fraud_type,
            whole_time(typed.timestamp) as timestamp,
            whole_time(typed.flow_origin_at) as flow_origin_at
        ),
        typed.customer_id as given_customer_id,
        sender.customer_id as owner_id,
        sender.account_id as known_sender_id,
        receiver.account_id as known_receiver_id,
        beneficiaries.beneficiary_id as known_beneficiary_id,
        devices.device_id as known_device_id,
        customers.customer_id as known_customer_id,
        -- `bank_time` marks the second pass of an hour so; a text may hold that microsecond, too.
        case
            when
                getvariable('bank_time_zone') is not null
                and extract(microsecond from typed.timestamp) = 59999999
                and extract(minute from typed.timestamp) = 59
                then typed.timestamp in (
                    moved_clock(typed.timestamp, -interval '1 hour'),
                    moved_clock(typed.timestamp, interval '1 hour'),
                    moved_clock(typed.timestamp, -interval '30 minutes'),
                    moved_clock(typed.timestamp, interval '30 minutes')
                )
            else false
        end as is_in_repeated_hour
    from typed
    left join known_accounts as sender
        on typed.sender_account_id = sender.account_id
    left join known_accounts as receiver
        on typed.receiver_account_id = receiver.account_id
    left join known_beneficiaries as beneficiaries
        on typed.beneficiary_id = beneficiaries.beneficiary_id
    left join known_devices as devices
        on typed.device_id = devices.device_id
    left join known_customers as customers
        on typed.customer_id = customers.customer_id
)

select
    line,
    transaction_id as source_id,
    customer_id,
    sender_account_id,
    receiver_account_id,
    beneficiary_id,
    device_id,
    timestamp,
    amount,
    channel,
    debit_credit,
    transaction_type,
    cash_flag,
    synthetic_flow_id,
    flow_depth,
    hop_number,
    flow_origin_at,
    fraud_type,
    label,
    scheme_id,
    role,
    missed,
    is_negative,
    is_in_repeated_hour,
    nullif(
        concat_ws(
            chr(10),
            unread,
            missing('transaction_id', transaction_id),
            missing('sender_account_id', sender_account_id),
            missing('timestamp', timestamp),
            missing('amount', amount),
            missing('debit_credit', debit_credit),
            case when amount <= 0 then 'amount is not above 0' end,
            bad_money('amount', amount),
            outside_time('timestamp', timestamp),
            outside_time('flow_origin_at', flow_origin_at),
            outside_domain('channel', channel),
            outside_domain('debit_credit', debit_credit),
            outside_domain('transaction_type', transaction_type),
            outside_range('flow_depth', flow_depth, 1, 1000000000),
            outside_range('hop_number', hop_number, 1, 1000000000),
            case
                when receiver_account_id is not null and beneficiary_id is not null
                    then 'both receiver_account_id and beneficiary_id are given'
                when receiver_account_id is null and beneficiary_id is null
                    then 'neither receiver_account_id nor beneficiary_id is given'
            end,
            case
                when gives_table('accounts')
                    then nullif(
                        concat_ws(
                            chr(10),
                            unknown(
                                'sender_account_id', sender_account_id, known_sender_id, 'an account'
                            ),
                            unknown(
                                'receiver_account_id', receiver_account_id, known_receiver_id,
                                'an account'
                            ),
                            case
                                when given_customer_id != owner_id
                                    then 'customer_id does not own sender_account_id'
                            end
                        ),
                        ''
                    )
                else missing('customer_id', given_customer_id)
            end,
            case
                when gives_table('customers')
                    then unknown('customer_id', given_customer_id, known_customer_id, 'a customer')
            end,
            case
                when gives_table('beneficiaries')
                    then unknown(
                        'beneficiary_id', beneficiary_id, known_beneficiary_id, 'a beneficiary'
                    )
            end,
            case
                when gives_table('devices')
                    then unknown('device_id', device_id, known_device_id, 'a device')
            end,
            case
                when
                    gives_column('cash_flag')
                    and (cash_flag = 1)
                    != list_contains(getvariable('cash_types'), transaction_type)
                    then 'cash_flag and transaction_type disagree'
            end,
            case
                when label != cast(fraud_type != 'normal' as tinyint)
                    then 'label and fraud_type disagree'
            end
        ),
        ''
    ) as reasons
from completed
