with rates (currency, rupees) as ( -- rounded, of September 2022
    values
    ('US Dollar', 80), ('Euro', 79), ('UK Pound', 91), ('Swiss Franc', 82), ('Bitcoin', 1600000),
    ('Canadian Dollar', 60), ('Australian Dollar', 54), ('Yuan', 11.4), ('Yen', 0.56),
    ('Rupee', 1), ('Ruble', 1.3), ('Shekel', 23.3), ('Saudi Riyal', 21.3), ('Brazil Real', 15.4),
    ('Mexican Peso', 4)
),

formats (format, channel, transaction_type) as (
    values
    ('ACH', 'web', 'NEFT'), ('Wire', 'web', 'RTGS'), ('Reinvestment', 'web', 'online_transfer'),
    ('Credit Card', 'web', 'online_transfer'), ('Bitcoin', 'mobile', 'wallet_transfer'),
    ('Cheque', 'branch', 'NEFT'), ('Cash', 'branch', 'cash_withdrawal')
)

select
    source.line,
    -- A number is unique only within its bank.
    ids(source."From Bank", source.Account) as sender_account_id,
    ids(source."To Bank", source.Account_1) as receiver_account_id,
    moment(source.Timestamp, '%Y/%m/%d %H:%M') as timestamp,
    round(
        money(source."Amount Paid")
        * coalesce(rates.rupees, error('no rate for ' || source."Payment Currency")),
        2
    ) as amount,
    source."Is Laundering" as label,
    formats.channel,
    -- Another format is outside the domain: rejected
    coalesce(formats.transaction_type, source."Payment Format") as transaction_type
from source
left join rates on source."Payment Currency" = rates.currency
left join formats on source."Payment Format" = formats.format
