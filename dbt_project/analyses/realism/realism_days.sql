-- Day of the month, and every day
-- People spend most when they have just been paid. The days of the window show salaries, quiet
-- Sundays and holidays, and the days before Diwali. Crime has its own days: several typologies
-- belong to one part of the window.
with counted as (
    select
        day(date) as day_of_month,
        case
            when label = 1 then 'criminal'
            when transaction_type = 'salary_credit' then 'salaries'
            else 'other honest'
        end as who,
        count(*) as transactions
    from transactions
    group by all
),

calendar as (
    select
        day(date) as day_of_month,
        count(distinct date) as dates
    from transactions
    group by all
)

select
    day_of_month,
    who,
    counted.transactions / calendar.dates
    / avg(counted.transactions / calendar.dates) over (partition by counted.who) as part,
    sum(counted.transactions) filter (where counted.who = 'salaries' and day_of_month <= 3) over ()
    / sum(counted.transactions) filter (where counted.who = 'salaries') over () as early_salaries
from counted
inner join calendar using (day_of_month)
qualify counted.who <> 'salaries'
order by who desc, day_of_month
