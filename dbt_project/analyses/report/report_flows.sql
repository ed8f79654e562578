-- The longest chains of transfers
-- Accounts that pass money on: each payment leaves the account that the one before it entered, soon
-- after it and with much of its amount. A payment back to an earlier account is red. Shown are the
-- three longest chains that share no payment, those through more accounts first, then the larger.
with recursive links as (
    select
        linked.later_no,
        linked.earlier_no,
        linked.seconds,
        unnest(range(1, earlier.net_chain_hops + 1)) as hop
    from network.transfer_links as linked
    inner join transactions as earlier on linked.earlier_no = earlier.transaction_no
    where linked.is_chain_link = 1
),

-- The latest transfer that can be hop number `hop` before a later one.
steps as materialized (
    select
        later_no,
        hop,
        arg_min(earlier_no, (seconds, -earlier_no)) as earlier_no
    from links
    group by later_no, hop
),

-- From each transfer that no other one continues, back to the first.
walks as (
    select
        transaction_no as last_no,
        net_chain_hops as hop,
        transaction_no
    from transactions
    where net_chain_hops > 1 and transaction_no not in (select earlier_no from links)

    union all

    select
        walks.last_no,
        steps.hop,
        steps.earlier_no as transaction_no
    from walks
    inner join steps
        on
            walks.transaction_no = steps.later_no
            and walks.hop - 1 = steps.hop
),

payments as materialized (
    select
        walks.last_no,
        walks.hop,
        transactions.transaction_no,
        transactions.transaction_id,
        transactions.timestamp,
        transactions.amount,
        case transactions.debit_credit
            when 'debit' then transactions.sender_account_id
            else transactions.receiver_account_id
        end as payer,
        case transactions.debit_credit
            when 'debit' then transactions.receiver_account_id
            else transactions.sender_account_id
        end as payee
    from walks
    inner join transactions using (transaction_no)
),

found as materialized (
    select
        last_no,
        count(*) as hops,
        sum(amount) as amount,
        count(distinct payee) as payees,
        list(transaction_no) as transaction_nos
    from payments
    group by last_no
),

chosen as (
    (
        select
            1 as chain_no,
            last_no,
            transaction_nos as taken_nos
        from found
        order by hops desc, payees desc, amount desc, last_no
        limit 1
    )

    union all

    (
        select
            chosen.chain_no + 1 as chain_no,
            found.last_no,
            list_concat(chosen.taken_nos, found.transaction_nos) as taken_nos
        from chosen
        inner join found on not list_has_any(chosen.taken_nos, found.transaction_nos)
        where chosen.chain_no < 3
        order by found.hops desc, found.payees desc, found.amount desc, found.last_no
        limit 1
    )
)

select
    chosen.chain_no,
    payments.hop,
    payments.payer,
    payments.payee,
    payments.timestamp,
    payments.amount,
    payments.transaction_id
from chosen
inner join payments using (last_no)
order by chosen.chain_no, payments.hop
