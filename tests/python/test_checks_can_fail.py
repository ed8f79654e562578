"""Each data test notices the damage it is there for: no check that cannot fail.

A test is one query that returns the offending rows. Each is taken as dbt compiled it and run in a
transaction that damages the built tables and is rolled back.
"""

import pytest

from conftest import Warehouse

ONE = "(select min(transaction_no) from transactions)"

# check → statements that damage what it guards
DAMAGE = {
    "transaction_id_is_unique": [
        f"update transactions set transaction_id = 'T1' where transaction_no = {ONE}"
    ],
    "transaction_no_is_unique": ["insert into transactions from transactions limit 1"],
    "transaction_customer_id_is_a_customer": ["delete from customers where customer_id = 'C0'"],
    "transaction_sender_account_id_is_an_account": ["delete from accounts"],
    "transaction_receiver_account_id_is_an_account": ["delete from accounts"],
    "transaction_device_id_is_a_device": ["delete from devices"],
    "transaction_beneficiary_id_is_a_beneficiary": ["delete from beneficiaries"],
    "accounts_customer_id_is_a_customer": ["delete from customers"],
    "transaction_has_receiver_xor_beneficiary": [
        "update transactions set receiver_account_id = 'A0', beneficiary_id = 'B0'"
        f" where transaction_no = {ONE}"
    ],
    "dormancy_flag_is_set_only_in_the_dormant_set": ["delete from dormant_account_set"],
    "dormancy_flag_is_set_somewhere": ["update transactions set dormancy_flag = 0"],
    "txn_velocity_cumulative_is_at_least_1": [
        "update transactions set txn_velocity_cumulative = 0"
    ],
    "txn_count_last_1hr_is_at_least_1": ["update transactions set txn_count_last_1hr = 0"],
    "cust_txn_count_last_1hr_is_at_least_1": [
        "update transactions set cust_txn_count_last_1hr = 0"
    ],
    "cust_unique_accounts_30d_is_at_least_1": [
        "update transactions set cust_unique_accounts_30d = 0"
    ],
    "running_balance_txn_amount_is_negative_somewhere": [
        "update transactions set running_balance_txn_amount = abs(running_balance_txn_amount)"
    ],
    "balance_after_txn_is_not_negative": ["update transactions set balance_after_txn = -0.01"],
    "balance_before_txn_is_not_negative": ["update transactions set balance_before_txn = -0.01"],
    "balance_continues_without_jumps": [
        "update transactions set balance_before_txn = balance_before_txn + 0.01"
    ],
    "account_open_days_grows_beyond_the_static_age": [
        "update transactions set account_open_days = 30"
    ],
    "fraud_intensity_score_is_within_0_and_100": [
        f"update transactions set fraud_intensity_score = 100.01 where transaction_no = {ONE}"
    ],
    "is_night_and_is_business_hours_exclude_each_other": [
        "update transactions set is_night = 1, is_business_hours = 1"
    ],
    "dormant_smurfing_is_always_cash": [
        "update transactions set cash_flag = 0 where fraud_type = 'dormant_smurfing'"
    ],
    "transactions_hold_every_raw_row": [f"delete from transactions where transaction_no = {ONE}"],
    "transaction_customer_owns_the_sender_account": [
        "update accounts set customer_id = 'C0' where account_id ="
        " (select min(sender_account_id) from transactions where customer_id <> 'C0')"
    ],
    "dormant_and_inactive_accounts_are_disjoint": [
        "update accounts set is_dormant = 1, is_inactive = 1 where account_id = 'A0'"
    ],
    "cash_flag_follows_from_the_transaction_type": ["update transactions set cash_flag = 1"],
    "label_agrees_with_fraud_type": ["update transactions set label = 1 - label"],
    "fraud_type_is_a_configured_typology": ["update transactions set fraud_type = 'scam'"],
    "alerts_and_rule_columns_agree_to_the_row": ["delete from rules.rule_hits where rowid = 0"],
    "rule_columns_and_rule_catalogue_agree": [
        "delete from rules.rule_catalogue where rule_name = 'micro_transaction'"
    ],
    "column_catalogue_and_file_agree": ["comment on column customers.age is 'something else'"],
    "transaction_flags_are_0_or_1": ["update transactions set rule_vpn_offshore = 2"],
    "transaction_values_are_in_range": ["update transactions set day_of_week = 7"],
    "transaction_channel_is_in_its_domain": ["update transactions set channel = 'fax'"],
    "rule_risk_band_is_a_band": ["update transactions set rule_risk_band = 'none'"],
    "rule_catalogue_severity_is_1_to_3": ["update rules.rule_catalogue set severity = 4"],
    "customers_kyc_level_is_in_its_domain": ["update customers set kyc_level = 'full'"],
    "customer_values_are_in_range": ["update customers set age = -1"],
    "account_devices_account_id_is_an_account": ["delete from raw.accounts"],
}


@pytest.fixture(scope="module")
def damaged(small_warehouse: Warehouse, tmp_path_factory):
    """A copy of the small warehouse to damage, and the compiled query of each data test."""
    copy = small_warehouse.copy(tmp_path_factory.mktemp("damaged"))
    manifest = small_warehouse.artifact("manifest.json")
    queries = {
        node["name"]: node["compiled_code"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test"
    }
    with copy.connect(read_only=False) as con:
        yield con, queries


@pytest.mark.parametrize("check", DAMAGE)
def test_check_notices_the_damage(damaged, check: str) -> None:
    con, queries = damaged
    offending = f"select count(*) from ({queries[check].strip().rstrip(';')}\n)"
    assert con.execute(offending).fetchone() == (0,)
    con.execute("begin")
    try:
        for statement in DAMAGE[check]:
            con.execute(statement)
        (failures,) = con.execute(offending).fetchone()
    finally:
        con.execute("rollback")
    assert failures > 0
