{#-
    The network rules, one CASE column each: 1 where the rule fires, else 0. They look at the money
    that moves between accounts, and are written like the 50 of rule_lines.sql, with `features` and
    `limits`. A chain's hops are null for all but transfers between accounts.
-#}
{% macro network_rule_lines() -%}
-- counterparties
case
    when features.net_peer_in_counterparties_7d >= limits.payee_collects__counterparties then 1
    else 0
end as network_rule_payee_collects,
case
    when features.net_peer_out_counterparties_7d >= limits.payee_distributes__counterparties then 1
    else 0
end as network_rule_payee_distributes,
case
    when
        features.net_chain_hops is not null
        and features.debit_credit = 'debit'
        and features.net_counterparty_is_new = 1
        and features.net_out_counterparties_7d >= limits.many_new_payees__counterparties
        and features.amount >= limits.many_new_payees__amount
        then 1
    else 0
end as network_rule_many_new_payees,
case
    when
        features.net_chain_hops is not null
        and features.net_counterparty_is_new = 1
        and features.net_new_counterparties_7d >= limits.burst_of_new_counterparties__counterparties
        and features.amount >= limits.burst_of_new_counterparties__amount
        then 1
    else 0
end as network_rule_burst_of_new_counterparties,

-- pass-through
case
    when
        features.net_chain_hops is not null
        and features.debit_credit = 'debit'
        and features.net_in_counterparties_7d >= limits.collects_and_pays__counterparties
        and features.net_pass_through_ratio_48h >= limits.collects_and_pays__share
        and features.amount >= limits.collects_and_pays__amount
        then 1
    else 0
end as network_rule_collects_and_pays,
case
    when features.net_inflow_gap_seconds <= limits.passed_on_quickly__seconds then 1
    else 0
end as network_rule_passed_on_quickly,
case
    when
        features.net_chain_hops is not null
        and features.net_counterparty_is_new = 1
        and features.net_pass_through_ratio_48h >= limits.pass_through_to_new_payee__share
        and features.amount >= limits.pass_through_to_new_payee__amount
        then 1
    else 0
end as network_rule_pass_through_to_new_payee,
case
    when
        features.cash_flag = 0
        and features.debit_credit = 'debit'
        and features.net_counterparty_is_new = 1
        and features.net_in_counterparties_7d <= limits.cash_in_transfer_out__counterparties_max
        and features.net_pass_through_ratio_48h >= limits.cash_in_transfer_out__share
        and features.amount >= limits.cash_in_transfer_out__amount
        then 1
    else 0
end as network_rule_cash_in_transfer_out,

-- chains
case
    when
        features.net_chain_hops >= limits.chain_of_transfers__hops
        and features.net_inflow_gap_seconds <= limits.chain_of_transfers__seconds
        and features.amount >= limits.chain_of_transfers__amount
        then 1
    else 0
end as network_rule_chain_of_transfers,
case
    when features.net_return_hops >= limits.money_returns__hops then 1
    else 0
end as network_rule_money_returns,

-- sharing
case
    when
        features.net_device_customers_30d >= limits.device_of_many_customers__customers
        and features.net_beneficiary_payers_30d >= limits.device_of_many_customers__payers
        then 1
    else 0
end as network_rule_device_of_many_customers,
case
    when
        features.high_risk_beneficiary = 1
        and features.net_counterparty_is_new = 1
        and features.net_beneficiary_payers_30d >= limits.shared_risky_beneficiary__accounts
        then 1
    else 0
end as network_rule_shared_risky_beneficiary
{%- endmacro %}
