{{ config(
    materialized='table_function',
    parameters=['asked'],
    persist_docs={'relation': target.type == 'spark', 'columns': false},
    post_hook="{{ comment_on_table_macro() }}",
) }}

-- Everything that is known about one customer, in order of time. It shows no ground truth, because
-- an analyst who opens a case does not know the answer yet. The parameter `asked` is a customer.

with customers as (
    select * from {{ same_file(ref('customers')) }}
),

accounts as (
    select * from {{ same_file(ref('accounts')) }}
),

transactions as (
    select * from {{ same_file(ref('transactions')) }}
),

alerts as (
    select * from {{ same_file(ref('alerts')) }}
),

generation_run as (
    select * from {{ same_file(ref('stg_generation_run')) }}
),

relationship as (
    select
        cast(
            generation_run.window_start
            - customers.customer_since_days * interval '1' day as timestamp
        ) as happened_at,
        'customer' as event,
        cast(null as string) as account_id,
        cast(null as bigint) as transaction_no,
        cast(null as string) as transaction_id,
        cast(null as decimal(18, 2)) as amount,
        cast(null as decimal(5, 2)) as rule_risk_score,
        cast(null as string) as rule_name,
        cast(null as integer) as severity,
        'Relationship begins. Now aged '
        || coalesce(cast(customers.age as string), 'unknown')
        || ', risk rating ' || coalesce(customers.customer_risk_rating, 'unknown')
        || ', KYC level ' || coalesce(customers.kyc_level, 'unknown')
        || ', country risk ' || coalesce(customers.country_risk, 'unknown')
        || ', income ' || coalesce(customers.income_bracket, 'unknown')
        || ', occupation ' || coalesce(customers.occupation, 'unknown')
        || ', industry ' || coalesce(customers.industry, 'unknown')
        || case when customers.pep_flag = 1 then ', politically exposed person.' else '.' end
            as details
    from customers
    cross join generation_run
    where customers.customer_id = asked -- noqa: RF02
),

opened_accounts as (
    select
        cast(
            generation_run.window_start
            - accounts.account_open_days * interval '1' day as timestamp
        ) as happened_at,
        'account' as event,
        accounts.account_id,
        null as transaction_no,
        null as transaction_id,
        null as amount,
        null as rule_risk_score,
        null as rule_name,
        null as severity,
        'Account opens. Average balance '
        || coalesce({{ money_said('accounts.avg_balance') }}, 'unknown')
        || case when accounts.is_dormant = 1 then ', in the dormant set' else '' end
        || case when accounts.is_inactive = 1 then ', in the inactive set' else '' end
        || '.' as details
    from accounts
    cross join generation_run
    where accounts.customer_id = asked -- noqa: RF02
),

own_transactions as (
    select
        transactions.timestamp as happened_at,
        'transaction' as event,
        transactions.sender_account_id as account_id,
        transactions.transaction_no,
        transactions.transaction_id,
        transactions.amount,
        transactions.rule_risk_score,
        null as rule_name,
        null as severity,
        upper(left(transactions.debit_credit, 1)) || substr(transactions.debit_credit, 2)
        || ', ' || coalesce(transactions.transaction_type, 'type unknown')
        || ' by ' || coalesce(transactions.channel, 'unknown channel')
        || case
            when transactions.beneficiary_id is not null
                then
                    ', beneficiary ' || transactions.beneficiary_id
                    || ' (' || coalesce(transactions.beneficiary_type, 'type unknown')
                    || ', country risk '
                    || coalesce(transactions.beneficiary_country_risk, 'unknown') || ')'
            when transactions.receiver_account_id != transactions.sender_account_id
                then ', account ' || transactions.receiver_account_id
            else ''
        end
        || ', device ' || coalesce(transactions.device_id, 'unknown')
        || coalesce(
            ', balance ' || {{ money_said('transactions.balance_before_txn') }}
            || ' to ' || {{ money_said('transactions.balance_after_txn') }},
            ''
        )
        || '.'
        || case
            when
                transactions.debit_credit = 'debit'
                and transactions.amount > transactions.balance_before_txn
                then
                    ' The debit is '
                    || {{ money_said('(transactions.amount - transactions.balance_before_txn)') }}
                    || ' above the balance, which is reckoned from the average balance and the'
                    || ' known transactions and never falls below 0.'
            else ''
        end as details
    from transactions
    where transactions.customer_id = asked -- noqa: RF03
),

-- Transactions in the books of other customers that name an account of this one.
named_by_others as (
    select
        transactions.timestamp as happened_at,
        'named by another' as event,
        transactions.receiver_account_id as account_id,
        transactions.transaction_no,
        transactions.transaction_id,
        transactions.amount,
        null as rule_risk_score,
        null as rule_name,
        null as severity,
        'In the book of account ' || transactions.sender_account_id
        || ' of customer ' || transactions.customer_id
        || ': ' || transactions.debit_credit
        || ', ' || coalesce(transactions.transaction_type, 'type unknown')
        || ' by ' || coalesce(transactions.channel, 'unknown channel') || '.' as details
    from transactions
    inner join accounts
        on transactions.receiver_account_id = accounts.account_id
    where
        accounts.customer_id = asked -- noqa: RF02
        and transactions.customer_id != asked -- noqa: RF02
),

fired_rules as (
    select
        alerts.timestamp as happened_at,
        'alert' as event,
        alerts.sender_account_id as account_id,
        cast(substr(alerts.transaction_id, 2) as bigint) as transaction_no,
        alerts.transaction_id,
        alerts.amount,
        null as rule_risk_score,
        alerts.rule_name,
        alerts.severity,
        alerts.reason as details
    from alerts
    where alerts.customer_id = asked -- noqa: RF03
),

found as (
    select count(*) as matches from relationship
),

events as (
    select * from relationship
    union all
    select * from opened_accounts
    union all
    select * from own_transactions
    union all
    select * from named_by_others
    union all
    select * from fired_rules
)

select
    events.happened_at,
    events.event,
    events.account_id,
    events.transaction_id,
    events.amount,
    events.rule_risk_score,
    events.rule_name,
    events.severity,
    events.details
from found
left join events on true
where {{ refuse_none('found.matches', 'customer', 'a customer_id of the table customers') }}
order by
    events.happened_at asc,
    events.transaction_no asc nulls first,
    events.event desc, -- the transaction before its alerts
    events.severity desc,
    events.rule_name asc
