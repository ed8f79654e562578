{#-
    Why a network rule fired, written like rule_reasons.sql: exactly what its condition in
    network_lines.sql tested. Besides `hits` of that macro they read `counterparty_said`, and `passed_on_said`,
    what came in and went out within 48 hours.
-#}
{% macro network_reasons() -%}
case hits.rule_name
    -- counterparties
    when 'payee_collects'
        then
            hits.movement_said || hits.counterparty_said || ', which ' || hits.net_peer_in_counterparties_7d
            || ' counterparties have paid within 7 days, at or above '
            || limits.payee_collects__counterparties || '.'
    when 'payee_distributes'
        then
            hits.movement_said || hits.counterparty_said || ', which has paid ' || hits.net_peer_out_counterparties_7d
            || ' counterparties within 7 days, at or above '
            || limits.payee_distributes__counterparties || '.'
    when 'many_new_payees'
        then
            hits.movement_said || hits.counterparty_said || ', which account ' || hits.sender_account_id
            || ' had not met before, at or above ' || limits.many_new_payees__amount
            || '. The account has paid ' || hits.net_out_counterparties_7d
            || ' counterparties within 7 days, at or above '
            || limits.many_new_payees__counterparties || '.'
    when 'burst_of_new_counterparties'
        then
            hits.movement_said || hits.counterparty_said || ', which account ' || hits.sender_account_id
            || ' had not met before, at or above ' || limits.burst_of_new_counterparties__amount
            || '. The account has met ' || hits.net_new_counterparties_7d
            || ' counterparties for the first time within 7 days, at or above '
            || limits.burst_of_new_counterparties__counterparties || '.'

    -- pass-through
    when 'collects_and_pays'
        then
            hits.movement_said || hits.counterparty_said || ', at or above ' || limits.collects_and_pays__amount
            || ', out of account ' || hits.sender_account_id || ', which '
            || hits.net_in_counterparties_7d
            || ' counterparties have paid within 7 days, at or above '
            || limits.collects_and_pays__counterparties || '. ' || hits.passed_on_said
            || limits.collects_and_pays__share || '.'
    when 'passed_on_quickly'
        then
            hits.movement_said || hits.counterparty_said || ', '
            || {{ duration_said("hits.net_inflow_gap_seconds") }}
            || ' (h:mm:ss) after a transfer whose money it may pass on, at or below '
            || {{ duration_said("cast(limits.passed_on_quickly__seconds as integer)") }} || '.'
    when 'pass_through_to_new_payee'
        then
            hits.movement_said || hits.counterparty_said || ', which account ' || hits.sender_account_id
            || ' had not met before, at or above ' || limits.pass_through_to_new_payee__amount
            || '. ' || hits.passed_on_said || limits.pass_through_to_new_payee__share || '.'
    when 'cash_in_transfer_out'
        then
            hits.movement_said || hits.counterparty_said || ', which account ' || hits.sender_account_id
            || ' had not met before, not cash, at or above ' || limits.cash_in_transfer_out__amount
            || '. Counterparties that have paid the account within 7 days: '
            || hits.net_in_counterparties_7d || ', at or below '
            || limits.cash_in_transfer_out__counterparties_max || '. ' || hits.passed_on_said
            || limits.cash_in_transfer_out__share || '.'

    -- chains
    when 'chain_of_transfers'
        then
            hits.movement_said || hits.counterparty_said || ', at or above ' || limits.chain_of_transfers__amount
            || ', the last of ' || hits.net_chain_hops || ' transfers, at or above '
            || limits.chain_of_transfers__hops
            || ', in a row that may pass on the same money. The one before came in '
            || {{ duration_said("hits.net_inflow_gap_seconds") }} || ' (h:mm:ss) earlier, at or below '
            || {{ duration_said("cast(limits.chain_of_transfers__seconds as integer)") }} || '.'
    when 'money_returns'
        then
            hits.movement_said || hits.counterparty_said || ', by which money may come back to the account that first sent it, over '
            || hits.net_return_hops || ' transfers, at or above ' || limits.money_returns__hops || '.'

    -- sharing
    when 'device_of_many_customers'
        then
            hits.movement_said || hits.counterparty_said || ', which ' || hits.net_beneficiary_payers_30d
            || ' accounts have paid within 30 days, at or above '
            || limits.device_of_many_customers__payers || ', from device ' || hits.device_id
            || ', which ' || hits.net_device_customers_30d
            || ' customers have used within 30 days, at or above '
            || limits.device_of_many_customers__customers || '.'
    when 'shared_risky_beneficiary'
        then
            hits.movement_said || hits.counterparty_said || ', in the high-risk pool, which account '
            || hits.sender_account_id || ' had not met before and '
            || hits.net_beneficiary_payers_30d || ' accounts have paid within 30 days, at or above '
            || limits.shared_risky_beneficiary__accounts || '.'
end
{%- endmacro %}
