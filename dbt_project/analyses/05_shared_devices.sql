-- One device, many customers: families share a phone, so do money mules.
select
    device_id,
    count(distinct customer_id) as customers,
    count(distinct beneficiary_id) as beneficiaries,
    sum(amount) filter (where high_risk_beneficiary = 1 and debit_credit = 'debit')
        as to_high_risk
from transactions
group by device_id
order by customers desc, device_id
limit 5
