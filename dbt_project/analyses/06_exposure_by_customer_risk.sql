-- How much money goes to crypto and offshore counterparties, by the customer's risk rating?
select
    customer_risk_rating,
    count(distinct customer_id) as customers,
    sum(amount) filter (where beneficiary_type = 'crypto') as to_crypto,
    sum(amount) filter (where beneficiary_type = 'offshore') as to_offshore
from transactions
where debit_credit = 'debit'
group by customer_risk_rating
order by to_offshore desc
