-- One row in the sender's book. Where the receiver is another account, one in its book, too, the
-- other way round.
with books as (
    select
        transaction_no,
        count(*) as books,
        count(distinct account_id) as accounts,
        sum(case direction when 'in' then amount when 'out' then -amount end) as net_amount
    from {{ touched_only(ref('account_ledger')) }}
    group by transaction_no
)

select transactions.transaction_no
from {{ ref('stg_transactions') }} as transactions
left join books
    on transactions.transaction_no = books.transaction_no
where
    {{ is_touched('transactions.timestamp') }}
    and case
        when transactions.receiver_account_id != transactions.sender_account_id
            then books.books = 2 and books.accounts = 2 and books.net_amount = 0
        else books.books = 1 and abs(books.net_amount) = transactions.amount
    end is distinct from true
