-- Who is out of the ordinary, as shares of an occupation; the balances of companies and persons.
with typical as (
    select
        median(avg_balance) filter (where account_type in ('corporate', 'business')) as company,
        median(avg_balance) filter (where account_type in ('retail', 'savings')) as personal
    from accounts
)

select
    avg(cast(account_type in ('corporate', 'business') as integer)) filter (
        where occupation = 'student'
    ) as students_with_companies,
    avg(cast(age > 35 as integer)) filter (where occupation = 'student') as older_students,
    avg(cast(age < 50 as integer)) filter (where occupation = 'retired') as young_pensioners,
    (select company / personal from typical) as company_balance,
    count(*) filter (where customer_id not in (select customer_id from accounts))
    / count(*) as without_account
from customers
