-- An account belongs to a customer; its balance is that before the first transaction.
select
    typed.line,
    typed.account_id as source_id,
    typed.account_id,
    typed.customer_id,
    typed.avg_balance,
    typed.account_open_days,
    typed.missed,
    nullif(
        concat_ws(
            chr(10),
            typed.unread,
            missing('account_id', typed.account_id),
            missing('customer_id', typed.customer_id),
            case
                when gives_table('customers')
                    then unknown(
                        'customer_id', typed.customer_id, customers.customer_id, 'a customer'
                    )
            end,
            bad_money('avg_balance', typed.avg_balance),
            case when typed.avg_balance < 0 then 'avg_balance is below 0' end,
            outside_range(
                'account_open_days', typed.account_open_days, getvariable('lowest_age'), 2147483647
            )
        ),
        ''
    ) as reasons
from typed
left join known_customers as customers
    on typed.customer_id = customers.customer_id
