"""One build end to end: what dbt ran, what stands in the file, who may read whom."""

import re

import pytest

from conftest import Warehouse

# Notebook 2c, cell C-7, in its order.
CHECKS_OF_C7 = (
    "transaction_id_is_unique",
    "transaction_customer_id_is_a_customer",
    "transaction_sender_account_id_is_an_account",
    "transaction_device_id_is_a_device",
    "transaction_has_receiver_xor_beneficiary",
    "dormancy_flag_is_set_only_in_the_dormant_set",
    "dormancy_flag_is_set_somewhere",
    "txn_velocity_cumulative_is_at_least_1",
    "txn_count_last_1hr_is_at_least_1",
    "cust_txn_count_last_1hr_is_at_least_1",
    "running_balance_txn_amount_is_negative_somewhere",
    "balance_after_txn_is_not_negative",
    "balance_before_txn_is_not_negative",
    "balance_continues_without_jumps",
    "account_open_days_grows_beyond_the_static_age",
    "cust_unique_accounts_30d_is_at_least_1",
    "fraud_intensity_score_is_within_0_and_100",
    "is_night_and_is_business_hours_exclude_each_other",
    "dormant_smurfing_is_always_cash",
)

LAYERS = ("seeds", "staging", "features", "network", "rules", "marts", "worklist", "evaluation")


def layer(node: dict) -> int:
    """Return how far down the way of a row a node stands; a source is before everything."""
    if node["resource_type"] == "seed":
        return LAYERS.index("seeds")
    return LAYERS.index(node["fqn"][1])


def test_everything_ran_and_passed(small_warehouse: Warehouse) -> None:
    results = small_warehouse.artifact("run_results.json")["results"]
    by_kind: dict[str, list[str]] = {}
    for result in results:
        by_kind.setdefault(result["unique_id"].split(".")[0], []).append(result["status"])
    assert set(by_kind["model"]) == set(by_kind["seed"]) == {"success"}
    assert set(by_kind["test"]) == set(by_kind["unit_test"]) == {"pass"}

    nodes = small_warehouse.artifact("manifest.json")["nodes"].values()
    assert len(by_kind["test"]) == sum(node["resource_type"] == "test" for node in nodes)


@pytest.mark.parametrize("check", CHECKS_OF_C7)
def test_check_of_the_notebook_is_recorded(small_warehouse: Warehouse, check: str) -> None:
    with small_warehouse.connect() as con:
        outcome = con.execute(
            'select passed, failures, seconds > 0 from integrity_checks where "check" = ?', [check]
        ).fetchone()
    assert outcome == (True, 0, True)


def test_a_partial_run_keeps_the_other_outcomes(small_warehouse: Warehouse, tmp_path) -> None:
    copy = small_warehouse.copy(tmp_path)
    with copy.connect(read_only=False) as con:
        (before,) = con.execute("select count(*) from integrity_checks").fetchone()
        con.execute("update transactions set balance_after_txn = -1 where transaction_no = 0")
    failed = copy.dbt("test", "--select", "balance_after_txn_is_not_negative")
    assert failed.returncode == 1
    with copy.connect() as con:
        assert con.execute("select count(*) from integrity_checks").fetchone() == (before,)
        assert con.execute(
            'select "check", failures from integrity_checks where not passed'
        ).fetchall() == [("balance_after_txn_is_not_negative", 1)]


# Thresholds are shown in `main`, the hits are read from the finished table, not computed twice, and
# an alert says whether a snooze hides it.
BACKWARDS = {
    ("transaction_rules", "rule_thresholds"),
    ("rule_hits", "transactions"),
    ("alerts", "snooze_hits"),
    ("transactions", "transaction_priority"),
    # Logs tell of builds and of the thresholds that are shown.
    ("rule_log", "build_log"),
    ("rule_log", "rule_catalogue_in_force"),
    ("hit_log", "build_log"),
}


def test_arrows_point_one_way(small_warehouse: Warehouse) -> None:
    manifest = small_warehouse.artifact("manifest.json")
    nodes = manifest["nodes"]
    wrong = set()
    for node in nodes.values():
        if node["resource_type"] != "model":
            continue
        for parent in node["depends_on"]["nodes"]:
            if parent.startswith("source."):
                if node["fqn"][1] != "staging":
                    wrong.add((node["name"], parent))
            elif layer(nodes[parent]) > layer(node):
                wrong.add((node["name"], nodes[parent]["name"]))
    assert wrong == BACKWARDS


def test_analysts_need_no_schema_prefix(small_warehouse: Warehouse) -> None:
    with small_warehouse.connect() as con:
        (rows,) = con.execute("select count(*) from transactions").fetchone()
        (raw_rows,) = con.execute("select count(*) from raw.transactions").fetchone()
        (fired,) = con.execute(
            "select sum(rule_trigger_count + network_trigger_count) from transactions"
        ).fetchone()
        (alerts,) = con.execute("select count(*) from alerts").fetchone()
    assert rows == raw_rows > 10_000
    assert alerts == fired > rows


def test_every_table_and_column_says_what_it_is(small_warehouse: Warehouse) -> None:
    with small_warehouse.connect() as con:
        tables = con.execute(
            "select schema_name || '.' || table_name, comment from duckdb_tables()"
            " union all select schema_name || '.' || view_name, comment from duckdb_views()"
            " where not internal"
        ).fetchall()
        silent = con.execute(
            "select schema_name, table_name, column_name from duckdb_columns()"
            " where not internal and (comment is null or length(comment) < 10)"
        ).fetchall()
    assert len(tables) > 40
    assert [name for name, comment in tables if not comment] == []
    assert silent == []


def test_the_catalogue_tells_the_answers_from_the_features(small_warehouse: Warehouse) -> None:
    with small_warehouse.connect() as con:
        answers = con.execute(
            "select column_name from column_catalogue"
            " where table_name = 'transactions' and schema_name = 'main' and is_ground_truth = 1"
        ).fetchall()
        entity_columns = con.execute("select count(*) from customer_feature_catalogue").fetchone()
    assert {name for (name,) in answers} == {
        "label",
        "fraud_type",
        "scheme_id",
        "role",
        "synthetic_flow_id",
        "flow_depth",
        "hop_number",
        "flow_origin_at",
        "time_since_origin_txn",
        "fraud_intensity_score",
        "fraud_intensity_band",
    }
    assert entity_columns == (23,)


def test_accounts_have_the_columns_of_the_notebook(small_warehouse: Warehouse) -> None:
    with small_warehouse.connect() as con:
        columns = [row[0] for row in con.execute("describe accounts").fetchall()]
    assert columns == [
        "account_id",
        "customer_id",
        "avg_balance",
        "account_open_days",
        "kyc_level",
        "country_risk",
        "income_bracket",
        "customer_risk_rating",
        "pep_flag",
        "occupation",
        "industry",
        "account_type",
        "is_dormant",
        "is_inactive",
    ]


WHOLE_SCORES = ("weighted_rule_score", "priority_score")


def test_types_are_those_of_the_contract(small_warehouse: Warehouse) -> None:
    """Money, flags, ratios and scores have one type each, wherever they stand."""
    with small_warehouse.connect() as con:
        types = dict(
            con.execute(
                "select column_name, data_type from duckdb_columns()"
                " where schema_name = 'main' and table_name = 'transactions'"
            ).fetchall()
        )
    for name, data_type in types.items():
        if re.search(r"amount_last|^amount$|balance_(before|after)|^avg_balance$", name):
            assert data_type == "DECIMAL(18,2)", name
        elif re.search(r"^is_|_flag$|^rule_(?!trigger|risk)|^label$", name):
            assert data_type == "TINYINT", name
        elif re.search(r"_score$", name) and name not in WHOLE_SCORES:
            assert data_type == "DECIMAL(5,2)", name
        elif re.search(r"ratio|zscore|^log_", name):
            assert data_type == "DECIMAL(18,4)", name
        elif re.search(r"_id$|_band$|_type$", name):
            assert data_type == "VARCHAR", name
        elif re.search(r"count_last|unique_accounts|_days$", name):
            assert data_type == "INTEGER", name
