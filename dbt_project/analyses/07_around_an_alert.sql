-- What happened on the account around its largest amount spike?
with spike as (
    select
        sender_account_id,
        txn_velocity_cumulative as at_row
    from transactions
    where rule_amount_spike_30d = 1
    order by amount_zscore_30d desc, transaction_no
    limit 1
)

select
    transactions.timestamp,
    transactions.debit_credit,
    transactions.amount,
    transactions.balance_after_txn,
    transactions.amount_zscore_30d,
    transactions.rule_trigger_count + transactions.network_trigger_count as rules_fired
from transactions
inner join spike using (sender_account_id)
where transactions.txn_velocity_cumulative between spike.at_row - 2 and spike.at_row + 2
order by transactions.txn_velocity_cumulative
