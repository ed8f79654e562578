-- The mix of typologies
-- The share of fraud is a parameter; its default makes every typology frequent enough to measure
-- at small scales. For a realistic share take --fraud-rate 0.001.
select
    fraud_type,
    count(distinct scheme_id) as schemes,
    count(*) as transactions,
    count(*) / sum(count(*)) over () as proportion
from transactions
where label = 1
group by fraud_type
order by transactions desc, fraud_type
