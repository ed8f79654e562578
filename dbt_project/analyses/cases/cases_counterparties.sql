-- Counterparties with a case of their own
-- Customers whose accounts paid this customer's (in) or were paid by them (out), each with the case
-- that is nearest in time.
with asked as (
    select
        customer_id,
        opened_at,
        last_qualifying_at
    from cases
    where case_id = 'K1'
),

paid as (
    select
        accounts.customer_id,
        sum(moved.amount) filter (where moved.direction = 'in') as amount_in,
        sum(moved.amount) filter (where moved.direction = 'out') as amount_out
    from case_money('K1') as moved
    inner join accounts on moved.counterparty_id = accounts.account_id
    where moved.counterparty_kind = 'account'
    group by accounts.customer_id
),

near as (
    select
        cases.case_id,
        cases.customer_id,
        cases.status,
        cases.priority,
        cases.opened_at,
        cases.last_qualifying_at,
        greatest(
            cases.opened_at - asked.last_qualifying_at,
            asked.opened_at - cases.last_qualifying_at,
            interval '0' day
        ) as apart
    from cases
    inner join asked on cases.customer_id != asked.customer_id
    inner join paid on cases.customer_id = paid.customer_id
    qualify row_number() over (
        partition by cases.customer_id order by apart asc, cases.priority desc, cases.case_id asc
    ) = 1
)

select
    near.customer_id,
    near.case_id,
    near.status,
    near.priority,
    near.opened_at,
    near.last_qualifying_at,
    coalesce(paid.amount_in, 0) as amount_in,
    coalesce(paid.amount_out, 0) as amount_out
from near
inner join paid using (customer_id)
order by near.priority desc, near.case_id asc
