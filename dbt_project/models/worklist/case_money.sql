{{ config(
    materialized='table_function',
    parameters=['asked'],
    persist_docs={'relation': target.type == 'spark', 'columns': false},
    post_hook="{{ comment_on_table_macro() }}",
) }}

-- The money of a case, in whichever book it is recorded. It begins as long before the case as a
-- chain of transfers looks back, so that the money which a qualifying transaction passes on is
-- there. The parameter `asked` is a case.

with cases as (
    select * from {{ same_file(ref('cases')) }}
),

case_transactions as (
    select * from {{ same_file(ref('case_transactions')) }}
),

accounts as (
    select * from {{ same_file(ref('accounts')) }}
),

account_ledger as (
    select * from {{ same_file(ref('account_ledger')) }}
),

transactions as (
    select * from {{ same_file(ref('transactions')) }}
),

asked_about as (
    select
        case_id,
        customer_id,
        opened_at,
        last_qualifying_at,
        opened_at - interval '{{ network_bound("net_chain_hours") }}' hour as shown_from
    from cases
    where case_id = upper(asked) -- noqa: RF02
),

found as (
    select count(*) as matches from asked_about
),

entries as (
    select
        asked_about.case_id,
        asked_about.opened_at,
        asked_about.shown_from,
        account_ledger.transaction_no,
        account_ledger.account_id,
        account_ledger.direction,
        account_ledger.counterparty_id,
        account_ledger.counterparty_kind
    from asked_about
    inner join accounts
        on asked_about.customer_id = accounts.customer_id
    inner join account_ledger
        on
            accounts.account_id = account_ledger.account_id
            and account_ledger.timestamp
            between asked_about.shown_from and asked_about.last_qualifying_at
),

-- Whether a transaction qualifies, its points and its alerts belong to the account whose book has
-- it.
shown as (
    select
        entries.*,
        transactions.transaction_id,
        transactions.timestamp,
        transactions.sender_account_id,
        transactions.amount,
        transactions.transaction_type,
        transactions.channel,
        transactions.balance_after_txn,
        transactions.priority_score,
        transactions.rule_trigger_count + transactions.network_trigger_count as alerts,
        transactions.sender_account_id = entries.account_id as is_own_record,
        case
            when transactions.timestamp < entries.opened_at then 'before'
            when
                case_transactions.membership = 'qualifying'
                and transactions.sender_account_id = entries.account_id
                then 'qualifying'
            else 'context'
        end as membership
    from entries
    inner join transactions
        on entries.transaction_no = transactions.transaction_no
    left join case_transactions
        on
            entries.case_id = case_transactions.case_id
            and entries.transaction_no = case_transactions.transaction_no
)

select
    shown.timestamp,
    shown.transaction_id,
    shown.transaction_no,
    shown.account_id,
    shown.direction,
    shown.amount,
    case when shown.is_own_record then shown.counterparty_kind else 'account' end
        as counterparty_kind,
    case when shown.is_own_record then shown.counterparty_id else shown.sender_account_id end
        as counterparty_id,
    shown.membership,
    case when shown.is_own_record then 'account' else 'counterparty' end as recorded_by,
    shown.transaction_type,
    shown.channel,
    case when shown.is_own_record then shown.balance_after_txn end as balance_after_txn,
    cast(case when shown.is_own_record then shown.alerts end as integer) as alerts,
    case when shown.is_own_record then shown.priority_score end as priority_score,
    shown.shown_from
from found
left join shown on true
where {{ refuse_none('found.matches', 'case', 'a case_id of the table cases') }}
order by shown.timestamp asc, shown.transaction_no asc, shown.direction desc
