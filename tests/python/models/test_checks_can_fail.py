"""Each data test notices the damage it is there for: no check that cannot fail.

A test is one query that returns the offending rows. Each is taken as dbt compiled it and run in a
transaction that damages the built tables and is rolled back.
"""

import duckdb
import pytest

from conftest import Warehouse

# A late transaction that every table of transactions has.
ONE = (
    "(select arg_max(transaction_no, timestamp) from transactions where rule_trigger_count > 0"
    " and beneficiary_id is not null and device_id is not null)"
)
LAST = f"where transaction_no = {ONE} limit 1"
LINK = (
    "(select arg_max(later_no, timestamp) from network.transfer_links"
    " inner join transactions on later_no = transaction_no)"
)
# From here on a day's build computes rows again.
SEAM = "2025-12-20 00:00:00"

DECISION_VALUES = "(1, 'K1', timestamp '2025-12-01 10:00:00', 'cleared', 'Jane', null, 2)"
DECISION = f"insert into raw.dispositions values {DECISION_VALUES}"
SNOOZE_VALUES = "(1, '*', 'C1', date '2025-12-01', date '2025-12-31', 'Jane', 'known', 2)"
SNOOZE = f"insert into raw.snoozes values {SNOOZE_VALUES}"
CASE_DECISION = (
    "insert into case_decisions values"
    " (1, 'K1', timestamp '2025-12-01 10:00:00', 'cleared', 'Jane', null, 2, 1, 1)"
)

# check → statements that damage what it guards
DAMAGE = {
    "transaction_id_is_unique": [
        f"update transactions set transaction_id = 'T1' where transaction_no = {ONE}"
    ],
    "transaction_no_is_unique": [f"insert into transactions from transactions {LAST}"],
    "transaction_customer_id_is_a_customer": ["delete from customers"],
    "transaction_sender_account_id_is_an_account": ["delete from accounts"],
    "transaction_receiver_account_id_is_an_account": ["delete from accounts"],
    "transaction_device_id_is_a_device": ["delete from devices"],
    "transaction_beneficiary_id_is_a_beneficiary": ["delete from beneficiaries"],
    "accounts_customer_id_is_a_customer": ["delete from customers"],
    "transaction_has_receiver_xor_beneficiary": [
        "update transactions set receiver_account_id = 'A0', beneficiary_id = 'B0'"
        f" where transaction_no = {ONE}"
    ],
    "dormancy_flag_is_set_only_in_the_dormant_set": ["update transactions set dormancy_flag = 1"],
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
        "update transactions set cash_flag = 0, fraud_type = 'dormant_smurfing'"
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
    "alerts_and_rule_columns_agree_to_the_row": [
        f"delete from rules.rule_hits where transaction_no = {ONE}"
    ],
    "rule_columns_and_rule_catalogue_agree": [
        "delete from rules.rule_catalogue where rule_name = 'micro_transaction'"
    ],
    "column_catalogue_and_file_agree": ["comment on column customers.age is 'something else'"],
    "transaction_flags_are_0_or_1": ["update transactions set rule_vpn_offshore = 2"],
    "transaction_values_are_in_range": ["update transactions set day_of_week = 7"],
    "transaction_channel_is_in_its_domain": ["update transactions set channel = 'fax'"],
    "rule_risk_band_is_a_band": ["update transactions set rule_risk_band = 'none'"],
    "rule_windows_are_those_of_their_inputs": [
        "update rules.rule_catalogue set scope = 'transaction' where rule_name = 'rapid_burst'",
        "update rules.rule_catalogue set window_kind = 'ledger' where rule_name = 'payee_collects'",
        "update rules.rule_catalogue set scope = 'account' where rule_name = 'money_returns'",
    ],
    "rule_catalogue_rule_set_is_notebook_or_network": [
        "update rules.rule_catalogue set rule_set = 'own'"
    ],
    "rule_catalogue_scope_is_known": ["update rules.rule_catalogue set scope = 'branch'"],
    "rule_catalogue_window_kind_is_known": [
        "update rules.rule_catalogue set window_kind = 'later'"
    ],
    "rule_catalogue_rationale_kind_is_one_of_four": [
        "update rules.rule_catalogue set rationale_kind = 'custom'"
    ],
    "rationales_cite_a_passage_or_say_whose_choice_it_is": [
        "update rules.rule_catalogue set rationale_paragraph = null where rationale_kind = 'law'"
    ],
    "rule_catalogue_severity_is_1_to_3": ["update rules.rule_catalogue set severity = 4"],
    "customers_kyc_level_is_in_its_domain": ["update customers set kyc_level = 'full'"],
    "customer_values_are_in_range": ["update customers set age = -1"],
    "account_devices_account_id_is_an_account": ["delete from raw.accounts"],
    "time_of_day_is_null_only_where_days_alone_are_known": [
        "update raw.generation_run set time_precision = 'day'"
    ],
    # Evaluation: what is measured must be what the rules found.
    "rule_hits_transaction_no_is_a_transaction": [
        "insert into rules.rule_hits values (-1, 'micro_transaction')"
    ],
    "alerts_transaction_id_is_a_transaction": [
        "create or replace view alerts as"
        " select 'T-1' as transaction_id, timestamp '2025-12-31' as timestamp"
    ],
    "alerts_rule_name_is_a_rule": ["delete from rule_catalogue"],
    "every_rule_gives_a_reason": ["update transactions set beneficiary_id = null"],
    "account_risk_account_id_is_unique": ["insert into account_risk from account_risk limit 1"],
    "account_risk_account_id_is_an_account": ["delete from accounts"],
    "customer_risk_customer_id_is_unique": ["insert into customer_risk from customer_risk limit 1"],
    "customer_risk_customer_id_is_a_customer": ["delete from customers"],
    "risk_tables_add_up_to_the_alerts": ["update account_risk set alerts = alerts + 1"],
    "rule_applicability_rule_name_is_unique": [
        "insert into rule_applicability from rule_applicability"
    ],
    "rule_applicability_shares_are_shares": [
        "update rule_applicability set share_with_inputs = 1.0001"
    ],
    # What came and went.
    "build_log_build_no_is_unique": ["insert into build_log from build_log"],
    "case_log_case_id_is_unique": ["insert into case_log from case_log"],
    "rule_log_has_each_rule_of_a_build_once": ["insert into rules.rule_log from rules.rule_log"],
    "hit_log_has_each_rule_of_a_transaction_once": [
        "insert into rules.hit_log"
        f" select * replace (2 as withdrawn_build) from rules.hit_log {LAST}"
    ],
    "hit_log_withdrawn_reason_is_in_its_domain": [
        "update rules.hit_log set withdrawn_reason = 'lost'"
    ],
    "alert_log_and_alerts_agree": [
        f"update rules.hit_log set withdrawn_build = 2 where transaction_no = {ONE}"
    ],
    "superseded_rows_superseded_no_is_unique": [
        "insert into raw.superseded_rows select 1, 'customers', 'C0', '{}', '{}', null, null,"
        " null, null, timestamp '2026-01-01' from range(2)"
    ],
    "landed_rows_are_numbered_once": [
        "insert into raw.landed_rows select 'devices', 0, 'd.csv', 2, 'D0', 0 from range(2)"
    ],
    "rejected_rows_are_numbered_once": [
        "insert into raw.rejected_rows select 'devices', 0, 'd.csv', 2, 'D0', ['x'] from range(2)"
    ],
    "load_receipt_receipt_no_is_unique": [
        "insert into raw.load_receipt select 1, 'devices', 'rows landed', null, '5', null"
        " from range(2)"
    ],
    "generation_run_time_precision_is_in_its_domain": [
        "update raw.generation_run set time_precision = 'hour'"
    ],
    # Each alone must be noticed: see the test below.
    "every_landed_row_is_accepted_rejected_or_left_out": [
        "insert into raw.rejected_rows values ('devices', 1, 'd', 2, '', ['x'])"
    ],
    "rule_performance_rule_name_is_unique": ["insert into rule_performance from rule_performance"],
    "rule_performance_rule_name_is_a_rule": ["delete from rule_catalogue"],
    "rule_performance_counts_every_hit": ["delete from rules.rule_hits where rowid = 0"],
    "rule_performance_values_are_in_range": ["update rule_performance set precision = 1.0001"],
    "rule_typology_recall_has_each_pair_once": [
        "insert into rule_typology_recall from rule_typology_recall limit 1"
    ],
    "rule_typology_recall_rule_name_is_a_rule": ["delete from rule_catalogue"],
    "typology_coverage_has_each_pair_once": [
        "insert into typology_coverage from typology_coverage"
    ],
    "typology_coverage_best_rule_is_a_rule": ["delete from rule_catalogue"],
    "rule_overlap_has_each_pair_once": ["insert into rule_overlap from rule_overlap limit 1"],
    "rule_overlap_rule_a_is_a_rule": ["delete from rule_catalogue"],
    "rule_overlap_rule_b_is_a_rule": ["delete from rule_catalogue"],
    "rule_overlap_values_are_in_range": ["update rule_overlap set jaccard = -0.1"],
    "rule_marginal_value_rule_name_is_unique": [
        "insert into rule_marginal_value from rule_marginal_value"
    ],
    "rule_marginal_value_rule_name_is_a_rule": ["delete from rule_catalogue"],
    "score_calibration_band_no_is_unique": ["update score_calibration set band_no = 1"],
    "score_calibration_values_are_in_range": ["update score_calibration set fraud_rate = 1.5"],
    "alert_budget_budget_is_unique": ["insert into alert_budget from alert_budget"],
    "alert_budget_values_are_in_range": ["update alert_budget set recall = 2"],
    "threshold_counts_has_each_rule_of_a_scenario_and_day_once": [
        "insert into threshold_counts from threshold_counts limit 1"
    ],
    "below_the_line_candidates_has_each_transaction_of_a_threshold_once": [
        "insert into below_the_line_candidates from below_the_line_candidates where day ="
        " (select max(day) from below_the_line_candidates)"
    ],
    "alerts_alone_has_each_rule_of_a_day_once": [
        "insert into alerts_alone from alerts_alone limit 1"
    ],
    "threshold_sweep_has_each_value_once": [
        "insert into threshold_sweep from threshold_sweep limit 1"
    ],
    "threshold_sweep_rule_name_is_a_rule": ["delete from rule_catalogue"],
    "threshold_sweep_values_are_in_range": ["update threshold_sweep set factor = 2.5"],
    "threshold_sweep_agrees_with_the_rules_in_force": [
        "delete from threshold_sweep where rule_name = 'rapid_burst' and is_in_force = 1"
    ],
    "below_the_line_sample_has_each_number_once": [
        "update below_the_line_sample set sample_no = 1"
    ],
    "below_the_line_sample_rule_name_is_a_rule": ["delete from rule_catalogue"],
    "below_the_line_sample_transaction_id_is_a_transaction": ["delete from transactions"],
    "below_the_line_sample_did_not_alert": [
        "insert into rules.rule_hits select transaction_no, rule_name from below_the_line_sample"
        " inner join transactions using (transaction_id)"
    ],
    "account_velocity_transaction_no_is_unique": [
        f"insert into features.account_velocity from features.account_velocity {LAST}"
    ],
    "account_balances_transaction_no_is_unique": [
        f"insert into features.account_balances from features.account_balances {LAST}"
    ],
    "customer_velocity_transaction_no_is_unique": [
        f"insert into features.customer_velocity from features.customer_velocity {LAST}"
    ],
    "account_ledger_has_each_account_of_a_transaction_once": [
        f"insert into features.account_ledger from features.account_ledger {LAST}"
    ],
    "account_ledger_direction_is_known": ["update features.account_ledger set direction = 'up'"],
    "account_ledger_counterparty_kind_is_known": [
        "update features.account_ledger set counterparty_kind = 'bank'"
    ],
    "each_transaction_is_in_every_book_that_it_moves": [
        "delete from features.account_ledger where counterparty_kind = 'account'"
        " and direction = 'in'"
    ],
    "account_network_has_each_row_of_the_ledger_once": [
        f"insert into network.account_network from network.account_network {LAST}"
    ],
    "entity_network_has_each_entity_of_a_transaction_once": [
        f"insert into network.entity_network from network.entity_network {LAST}"
    ],
    "transfer_links_has_each_pair_once": [
        "insert into network.transfer_links from network.transfer_links"
        f" where later_no = {LINK} limit 1"
    ],
    "transfer_links_lead_forward_through_one_account": [
        "update network.transfer_links set later_no = earlier_no, earlier_no = later_no"
    ],
    "transaction_network_transaction_no_is_unique": [
        f"insert into network.transaction_network from network.transaction_network {LAST}"
    ],
    "chains_transaction_no_is_unique": ["insert into network.chains from network.chains limit 1"],
    "beneficiary_risk_beneficiary_id_is_unique": [
        "insert into raw.beneficiaries from raw.beneficiaries limit 1"
    ],
    "account_beneficiaries_has_each_pair_once": [
        "insert into raw.account_beneficiaries from raw.account_beneficiaries limit 1"
    ],
    "rule_hits_has_each_rule_of_a_transaction_once": [
        f"insert into rules.rule_hits from rules.rule_hits {LAST}"
    ],
    "integrity_checks_check_is_unique": ["insert into integrity_checks from integrity_checks"],
    "column_catalogue_has_each_position_once": [
        "insert into column_catalogue from column_catalogue limit 1"
    ],
    "customer_feature_catalogue_column_name_is_unique": [
        "insert into customer_feature_catalogue from customer_feature_catalogue limit 1"
    ],
    "rule_catalogue_in_force_rule_name_is_unique": [
        "insert into rule_catalogue from rule_catalogue limit 1"
    ],
    "rule_patterns_transaction_no_is_unique": [
        f"insert into rule_patterns from rule_patterns {LAST}"
    ],
    "transaction_priority_transaction_no_is_unique": [
        "insert into transaction_priority from transaction_priority limit 1"
    ],
    "scorecard_has_each_pattern_once": ["insert into scorecard from scorecard limit 1"],
    "scorecard_values_are_in_range": ["update scorecard set points = 1001"],
    "scorecard_score_group_is_known": ["update scorecard set score_group = 'other'"],
    "case_lines_month_is_unique": ["insert into case_lines from case_lines limit 1"],
    "case_lines_values_are_in_range": ["update case_lines set is_fallback = 2"],
    "scorecard_performance_has_each_score_of_a_period_once": [
        "insert into scorecard_performance from scorecard_performance limit 1"
    ],
    "scorecard_performance_score_name_is_known": [
        "update scorecard_performance set score_name = 'chance'"
    ],
    "scorecard_performance_values_are_in_range": [
        "update scorecard_performance set roc_auc = 1.0001"
    ],
    "run_summary_has_each_item_once": ["insert into run_summary from run_summary limit 1"],
    # The work list. Made-up data have no decisions and no snoozes, so some rows are brought in.
    "dispositions_disposition_no_is_unique": [f"{DECISION}, {DECISION_VALUES}"],
    "dispositions_decision_is_known": [DECISION.replace("'cleared'", "'closed'")],
    "case_members_transaction_no_is_unique": ["insert into case_members from case_members limit 1"],
    "snooze_hits_has_each_hit_of_a_snooze_once": [
        "insert into snooze_hits select 1, 1, 'rapid_burst' from range(2)"
    ],
    "case_transactions_transaction_no_is_unique": [
        "insert into case_transactions from case_transactions limit 1"
    ],
    "case_transactions_case_id_is_a_case": ["update cases set case_id = 'K-1'"],
    "case_transactions_membership_is_known": ["update case_transactions set membership = 'other'"],
    "case_decisions_disposition_no_is_unique": [CASE_DECISION, CASE_DECISION],
    "case_decision_flags_are_0_or_1": [CASE_DECISION.replace("1, 1", "1, 2")],
    "cases_case_id_is_unique": ["insert into cases from cases limit 1"],
    "cases_customer_id_is_a_customer": ["delete from customers"],
    "cases_status_is_known": ["update cases set status = 'reopened'"],
    "case_flags_are_0_or_1": ["update cases set is_snoozed = 2"],
    "case_values_are_in_range": ["update cases set accounts = 0"],
    "case_queue_queue_position_is_unique": ["update case_queue set queue_position = 1"],
    "case_queue_case_id_is_unique": ["insert into case_queue from case_queue limit 1"],
    "case_queue_case_id_is_a_case": ["update case_queue set case_id = 'K-1'"],
    "case_queue_holds_open_cases": ["update case_queue set status = 'cleared'"],
    "known_outcomes_has_each_moment_of_a_transaction_once": [
        "insert into decided_transactions"
        " select transaction_no, 1, timestamp '2025-12-31 23:59:59', null, 1"
        f" from transactions, range(2) where transaction_no = {ONE}"
    ],
    "decided_transactions_has_each_decision_once": [
        "insert into decided_transactions"
        " select 1, 1, timestamp '2025-12-01 10:00:00', null, 1 from range(2)"
    ],
    "every_qualifying_transaction_is_in_exactly_one_case": [
        "delete from case_transactions where transaction_no ="
        " (select min(transaction_no) from case_transactions where membership = 'qualifying')"
    ],
    "cases_are_parted_by_the_gap_and_by_nothing_else": [
        "update case_transactions set case_id = 'K' || transaction_no"
    ],
    "cases_and_their_transactions_agree": ["update cases set alerts = alerts + 1"],
    "case_days_has_each_day_of_a_case_once": ["insert into case_days from case_days limit 1"],
    "case_budget_has_each_day_of_an_order_once": [
        "insert into case_budget from case_budget limit 1"
    ],
    "case_budget_review_order_is_known": ["update case_budget set review_order = 'luck'"],
    "case_budget_values_are_in_range": ["update case_budget set precision = 1.0001"],
    "case_budget_means_review_order_is_unique": [
        "insert into case_budget_means from case_budget_means"
    ],
    "rule_dispositions_rule_name_is_unique": [
        "insert into rule_dispositions from rule_dispositions"
    ],
    "rule_dispositions_rule_name_is_a_rule": ["delete from rule_catalogue"],
    "rule_dispositions_values_are_in_range": [
        "update rule_dispositions set reviewed_share = 1.0001"
    ],
    "snoozes_snooze_no_is_unique": [f"{SNOOZE}, {SNOOZE_VALUES}"],
    "snooze_cost_snooze_no_is_unique": [
        "insert into snooze_cost select 1, '*', 'C1', date '2025-12-01', date '2025-12-31',"
        " 'Jane', 'known', 0, 0, 0, null, null, null from range(2)"
    ],
}


TIMED = ("hour", "is_night", "is_business_hours", "txn_count_last_1hr", "cust_txn_count_last_1hr")


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
    assert notices(con, queries[check], DAMAGE[check])


def notices(con: duckdb.DuckDBPyConnection, query: str, statements: list[str]) -> bool:
    """Whether a check that finds nothing finds something after some statements."""
    offending = f"select count(*) from ({query.strip().rstrip(';')}\n)"
    assert con.execute(offending).fetchone() == (0,)
    con.execute("begin")
    try:
        for statement in statements:
            con.execute(statement)
        (failures,) = con.execute(offending).fetchone()
    finally:
        con.execute("rollback")
    return failures > 0


def test_of_a_day_the_checks_notice_damage_in_its_rows(
    damaged, small_warehouse: Warehouse, tmp_path
) -> None:
    """When a day is added the checks of single rows look at the touched ones."""
    con, queries = damaged
    day = small_warehouse.copy(tmp_path)
    compiled = day.dbt("compile", "--select", "test_type:data", SMARTSENTRY_TOUCHED_FROM=SEAM)
    assert compiled.returncode == 0, compiled.stdout
    of_day = {
        node["name"]: node["compiled_code"]
        for node in day.artifact("manifest.json")["nodes"].values()
        if node["resource_type"] == "test" and SEAM in node["compiled_code"]
    }
    damage = {check: DAMAGE[check] for check in DAMAGE.keys() & of_day.keys()}
    assert len(damage) > 35
    blind = [check for check in damage if not notices(con, of_day[check], damage[check])]
    assert blind == [], " ".join(blind)
    # Only its rows: the same damage to earlier rows is not looked for again.
    early = f"update transactions set channel = 'fax' where timestamp < timestamp '{SEAM}'"
    check = "transaction_channel_is_in_its_domain"
    assert notices(con, queries[check], [early])
    assert not notices(con, of_day[check], [early])
    # A number that is there twice is found though the other row be early.
    twice = (
        "insert into transactions select * replace (timestamp '2025-09-01' as timestamp)"
        f" from transactions where transaction_no = {ONE}"
    )
    assert notices(con, of_day["transaction_no_is_unique"], [twice])


@pytest.mark.parametrize("column", TIMED)
def test_a_time_of_day_that_is_lost_is_noticed(damaged, column: str) -> None:
    con, queries = damaged
    query = queries["time_of_day_is_null_only_where_days_alone_are_known"]
    con.execute("begin")
    try:
        con.execute(f"update transactions set {column} = null where transaction_no = {ONE}")
        assert len(con.execute(query).fetchall()) == 1
        con.execute("update raw.generation_run set time_precision = 'day'")
        daily = ", ".join(f"{name} = null" for name in TIMED)
        con.execute(f"update transactions set {daily}")
        assert con.execute(query).fetchall() == []
        con.execute(f"update transactions set {column} = 1 where transaction_no = {ONE}")
        assert len(con.execute(query).fetchall()) == 1
    finally:
        con.execute("rollback")


LANDED = (
    "insert into raw.landed_rows"
    " select 'devices', row_number() over (), 'd.csv', 2, device_id, 0 from raw.devices"
)
MADE_UP = "select 1"
NOBODY = "insert into raw.landed_rows values ('devices', 0, 'd.csv', 1, 'nobody', {})"
REJECTED = "insert into raw.rejected_rows values ('devices', {}, 'd.csv', 2, '', ['x'])"


@pytest.mark.parametrize(
    ("statements", "failures"),
    [
        ((LANDED,), 0),
        ((LANDED, NOBODY.format(1)), 0),  # left out
        ((LANDED, NOBODY.format(0), REJECTED.format(0)), 0),
        ((LANDED, NOBODY.format(0)), 1),  # in no table
        ((LANDED, REJECTED.format(1)), 1),  # rejected, and yet in its table
        ((f"{LANDED} where device_id != 'D0'",), 1),  # in its table, never landed
        ((REJECTED.format(1),), 1),  # rejected, never landed
        ((LANDED, "update raw.landed_rows set is_left_out = 1 where source_id = 'D0'"), 1),
        ((LANDED, NOBODY.format(1), REJECTED.format(0)), 1),  # left out and rejected
        # Files were added to what the seeder made, which was never landed.
        ((MADE_UP, f"{LANDED} where device_id = 'D0'"), 0),
        ((MADE_UP, NOBODY.format(0)), 1),
    ],
)
def test_each_landed_row_must_be_in_one_place(damaged, statements, failures: int) -> None:
    con, queries = damaged
    query = queries["every_landed_row_is_accepted_rejected_or_left_out"]
    con.execute("begin")
    try:
        con.execute("alter table raw.generation_run alter seed drop not null")  # as loaded data is
        if statements[0] != MADE_UP:
            con.execute(LOADED)
        for statement in statements:
            con.execute(statement)
        assert len(con.execute(query).fetchall()) == failures
    finally:
        con.execute("rollback")


def test_alerts_that_disagree_with_the_flags_are_named(damaged) -> None:
    con, queries = damaged
    con.execute("begin")
    try:
        (lost,), (doubled,) = con.execute(
            "select transaction_no from rules.rule_hits where rule_name = 'micro_transaction'"
            " limit 2"
        ).fetchall()
        (invented,) = con.execute(
            "select min(transaction_no) from transactions where rule_crypto_transfer = 0"
        ).fetchone()
        con.execute(
            "delete from rules.rule_hits"
            " where transaction_no = ? and rule_name = 'micro_transaction'",
            [lost],
        )
        con.execute(
            "insert into rules.rule_hits values (?, 'micro_transaction'), (?, 'crypto_transfer')",
            [doubled, invented],
        )
        found = con.execute(queries["alerts_and_rule_columns_agree_to_the_row"]).fetchall()
    finally:
        con.execute("rollback")
    assert sorted(found) == sorted(
        [
            ("micro_transaction", f"T{lost}", 1, 0),
            ("micro_transaction", f"T{doubled}", 1, 2),
            ("crypto_transfer", f"T{invented}", 0, 1),
        ]
    )


def test_hits_that_disagree_with_the_log_are_named(damaged) -> None:
    con, queries = damaged
    con.execute("begin")
    try:
        (moved,), (doubled,), (gone,) = con.execute(
            "select transaction_no from rules.rule_hits where rule_name = 'micro_transaction'"
            " limit 3"
        ).fetchall()
        (instead,) = con.execute(
            "select min(transaction_no) from transactions where rule_micro_transaction = 0"
        ).fetchone()
        the_hit = "transaction_no = ? and rule_name = 'micro_transaction'"
        found = []
        for statement, values in (
            (f"update rules.hit_log set transaction_no = ? where {the_hit}", [instead, moved]),
            (f"insert into rules.hit_log from rules.hit_log where {the_hit}", [doubled]),
            (f"update rules.hit_log set withdrawn_build = 2 where {the_hit}", [gone]),
        ):
            con.execute(statement, values)
            found.append(con.execute(queries["alert_log_and_alerts_agree"]).fetchall())
    finally:
        con.execute("rollback")
    exchanged = [(instead, "micro_transaction", 0, 1), (moved, "micro_transaction", 1, 0)]
    twice, not_at_all = (doubled, "micro_transaction", 1, 2), (gone, "micro_transaction", 1, 0)
    assert [sorted(rows) for rows in found] == [
        sorted(exchanged),  # as many as there are, but another one
        sorted([*exchanged, twice]),
        sorted([*exchanged, twice, not_at_all]),
    ]


CREDITS_ALONE = (
    "update transactions set debit_credit = 'credit',"
    " running_balance_txn_amount = abs(running_balance_txn_amount)"
)
POSITIVE_DEBITS = (
    "update transactions set running_balance_txn_amount = abs(running_balance_txn_amount)"
)
LOADED = "update raw.generation_run set seed = null"


@pytest.mark.parametrize(
    ("statements", "failures"),
    [
        ((CREDITS_ALONE,), 1),
        ((LOADED, CREDITS_ALONE), 0),
        ((LOADED, POSITIVE_DEBITS), 1),
    ],
)
def test_only_loaded_data_may_be_credits_alone(damaged, statements, failures: int) -> None:
    con, queries = damaged
    query = queries["running_balance_txn_amount_is_negative_somewhere"]
    con.execute("begin")
    try:
        con.execute("alter table raw.generation_run alter seed drop not null")  # as loaded data is
        for statement in statements:
            con.execute(statement)
        assert len(con.execute(query).fetchall()) == failures
    finally:
        con.execute("rollback")


@pytest.mark.parametrize(
    "change",
    [
        "window_seconds = 60 where rule_name = 'rapid_burst'",
        "window_seconds = null where rule_name = 'rapid_burst'",
        "window_kind = null where rule_name = 'rapid_burst'",
        "window_kind = 'previous_row' where rule_name = 'rapid_burst'",
        "scope = 'account' where rule_name = 'high_cust_velocity_1hr'",
        "scope = 'customer' where rule_name = 'rapid_burst'",
        "scope = 'account' where rule_name = 'vpn_offshore'",
        "window_kind = 'until_now' where rule_name = 'vpn_offshore'",
        "window_kind = 'until_now' where rule_name = 'dormant_account_activation'",
        "window_seconds = 86400 where rule_name = 'dormant_account_activation'",
    ],
)
def test_a_rule_that_looks_at_other_rows_than_its_inputs_is_named(damaged, change: str) -> None:
    con, queries = damaged
    con.execute("begin")
    try:
        con.execute(f"update rules.rule_catalogue set {change}")
        found = con.execute(queries["rule_windows_are_those_of_their_inputs"]).fetchall()
    finally:
        con.execute("rollback")
    assert [row[0] for row in found] == [change.split("'")[-2]]
