-- Who the customers are
-- Each column has the shares that it was drawn with. What goes with what is handed out by rank.
with held as (
    select
        customer_id,
        sum(avg_balance) as balance
    from accounts
    group by customer_id
)

select
    customers.occupation,
    count(*) as people,
    avg(customers.age) as age,
    avg(cast(customers.account_type in ('corporate', 'business') as integer)) as companies,
    avg(cast(customers.income_bracket = 'low' as integer)) as low_income,
    avg(cast(customers.income_bracket = 'high' as integer)) as high_income,
    median(held.balance) as balance
from customers
left join held using (customer_id)
group by customers.occupation
order by people desc
