-- The customer and the accounts
select
    customers.customer_id,
    customers.customer_risk_rating,
    customers.kyc_level,
    customers.country_risk,
    customers.pep_flag,
    customers.age,
    customers.occupation,
    customers.industry,
    customers.income_bracket,
    data_begin.window_start - customers.customer_since_days as customer_since
from customers
cross join raw.generation_run as data_begin
where
    customers.customer_id = (
        select cases.customer_id from cases
        where cases.case_id = 'K1'
    )
