-- Where the money came from and went
-- The same money by account and counterparty. Money comes in on the left and goes out on the right.
-- Red lines hold qualifying transactions, purple ones only what the other side recorded. The seven
-- largest counterparties of each side and the four largest accounts are drawn; the others are added
-- up.
with moves as (
    select
        direction,
        account_id as own_account,
        case
            -- A beneficiary that pays in is none.
            when counterparty_kind = 'beneficiary' and direction = 'in'
                then 'counterparty ' || counterparty_id
            else coalesce(counterparty_kind || ' ' || counterparty_id, 'cash')
        end as other_side,
        amount,
        membership,
        recorded_by
    from case_money('K1')
),

own_accounts as (
    select
        own_account,
        least(row_number() over (order by sum(amount) desc, own_account asc), 5) as account_place
    from moves
    group by own_account
),

other_sides as (
    select
        direction,
        other_side,
        least(
            row_number() over (partition by direction order by sum(amount) desc, other_side asc), 8
        ) as other_place
    from moves
    group by direction, other_side
),

counted_accounts as (
    select
        account_place,
        min(own_account) as own_account,
        count(*) as own_accounts
    from own_accounts
    group by account_place
),

counted_sides as (
    select
        direction,
        other_place,
        min(other_side) as other_side,
        count(*) as other_sides
    from other_sides
    group by direction, other_place
),

drawn as (
    select
        moves.direction,
        own_accounts.account_place,
        other_sides.other_place,
        count(*) as transactions,
        count(*) filter (where moves.membership = 'qualifying') as qualifying_transactions,
        count(*) filter (where moves.recorded_by = 'counterparty') as recorded_elsewhere,
        sum(moves.amount) as amount
    from moves
    inner join own_accounts using (own_account)
    inner join other_sides using (direction, other_side)
    group by
        moves.direction,
        own_accounts.account_place,
        other_sides.other_place
)

select
    drawn.direction,
    drawn.account_place,
    counted_accounts.own_account,
    counted_accounts.own_accounts,
    drawn.other_place,
    counted_sides.other_side,
    counted_sides.other_sides,
    drawn.transactions,
    drawn.qualifying_transactions,
    drawn.recorded_elsewhere,
    drawn.amount
from drawn
inner join counted_accounts using (account_place)
inner join counted_sides using (direction, other_place)
order by drawn.direction, drawn.other_place, drawn.account_place
