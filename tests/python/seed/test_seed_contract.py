"""The raw tables hold what the contract says: columns, types, comments, keys, domains."""

from __future__ import annotations

import json
import tomllib
from itertools import pairwise

import duckdb
import numpy as np
import pytest
import yaml

import seed_gen
from raw_layer import contract
from raw_layer.fingerprint import fingerprint
from raw_layer.target import DERIVED_SCHEMAS
from seed_gen.config import Config
from seed_gen.draws.rows import KINDS
from seed_gen.figures.fields import Distribution
from seed_helpers import ROOT, frame, seeded, transactions, value

# Section 2 of the contract, typed here by hand: name, type, and what may be null.
TRANSACTION_COLUMNS = """
    transaction_id VARCHAR, customer_id VARCHAR, sender_account_id VARCHAR,
    receiver_account_id VARCHAR null, beneficiary_id VARCHAR null, device_id VARCHAR,
    timestamp TIMESTAMP, amount DECIMAL(18,2), channel VARCHAR, debit_credit VARCHAR,
    transaction_type VARCHAR, cash_flag TINYINT, synthetic_flow_id VARCHAR null,
    flow_depth INTEGER null, hop_number INTEGER null, flow_origin_at TIMESTAMP null,
    fraud_type VARCHAR null, label TINYINT null, scheme_id VARCHAR null, role VARCHAR null
"""
COLUMNS = {
    "customers": """
        customer_id VARCHAR, age INTEGER, customer_risk_rating VARCHAR, pep_flag TINYINT,
        occupation VARCHAR, industry VARCHAR, account_type VARCHAR, kyc_level VARCHAR,
        income_bracket VARCHAR, country_risk VARCHAR, customer_since_days INTEGER
    """,
    "accounts": """
        account_id VARCHAR, customer_id VARCHAR, avg_balance DECIMAL(18,2),
        account_open_days INTEGER
    """,
    "devices": """
        device_id VARCHAR, device_age_days INTEGER, rooted_flag TINYINT, os_type VARCHAR,
        vpn_flag TINYINT, emulator_flag TINYINT
    """,
    "beneficiaries": """
        beneficiary_id VARCHAR, beneficiary_type VARCHAR, beneficiary_country_risk VARCHAR
    """,
    "account_devices": "account_id VARCHAR, device_id VARCHAR",
    "account_beneficiaries": "account_id VARCHAR, beneficiary_id VARCHAR",
    "dormant_accounts": "account_id VARCHAR",
    "inactive_accounts": "account_id VARCHAR",
    "transactions": TRANSACTION_COLUMNS,
    "schemes": """
        scheme_id VARCHAR, fraud_type VARCHAR, scheme_start_at TIMESTAMP, scheme_end_at TIMESTAMP,
        account_count INTEGER, transaction_count INTEGER, scheme_amount DECIMAL(18,2),
        skipped_signal VARCHAR null, slow_flag TINYINT
    """,
    "landed_rows": """
        source_table VARCHAR, landed_no BIGINT, source_file VARCHAR, source_line BIGINT,
        source_id VARCHAR null, is_left_out TINYINT
    """,
    "rejected_rows": """
        source_table VARCHAR, landed_no BIGINT, source_file VARCHAR, source_line BIGINT,
        row_text VARCHAR, reasons VARCHAR[]
    """,
    "load_receipt": """
        receipt_no BIGINT, source_table VARCHAR, figure VARCHAR, item VARCHAR null, value VARCHAR,
        warning VARCHAR null
    """,
    "superseded_rows": """
        superseded_no BIGINT, source_table VARCHAR, row_key VARCHAR, old_row VARCHAR,
        old_answers VARCHAR,
        old_file VARCHAR null, old_line BIGINT null, new_file VARCHAR null, new_line BIGINT null,
        superseded_at TIMESTAMP
    """,
    "dispositions": """
        disposition_no BIGINT, case_id VARCHAR, decided_at TIMESTAMP, decision VARCHAR,
        decided_by VARCHAR, note VARCHAR null, input_line BIGINT
    """,
    "snoozes": """
        snooze_no BIGINT, snoozed_rule VARCHAR, customer_id VARCHAR, snoozed_from DATE,
        snoozed_until DATE, snooze_owner VARCHAR, snooze_reason VARCHAR, input_line BIGINT
    """,
    "generation_run": """
        seed BIGINT, scale DOUBLE, fraud_rate DOUBLE, window_start DATE, window_end DATE,
        time_precision VARCHAR, config JSON, package_version VARCHAR, numpy_version VARCHAR,
        row_counts JSON, fingerprints JSON
    """,
}
GROUND_TRUTH = {
    "fraud_type",
    "old_answers",
    "label",
    "synthetic_flow_id",
    "flow_depth",
    "hop_number",
    "flow_origin_at",
    "scheme_id",
    "role",
    "scheme_start_at",
    "scheme_end_at",
    "account_count",
    "transaction_count",
    "scheme_amount",
    "skipped_signal",
    "slow_flag",
}
GRAPHS = (
    *("fan_in", "fan_out", "cycle", "scatter_gather", "gather_scatter", "bipartite", "stack"),
    *("funnel_account", "rapid_movement", "round_tripping"),
)
TYPES = {
    "mobile": {"UPI", "IMPS", "wallet_transfer"},
    "web": {"NEFT", "RTGS", "online_transfer", "salary_credit"},
    "branch": {"cash_deposit", "cash_withdrawal", "DD"},
    "atm": {"cash_withdrawal", "cash_deposit"},
}


def _expected(text: str) -> list[tuple[str, str, bool]]:
    # The comma inside DECIMAL(18,2) does not end a column.
    parts = [part.split() for part in text.replace("(18,2)", "(18;2)").split(",")]
    return [(part[0], part[1].replace(";", ","), len(part) == 3) for part in parts]


def test_schema_raw_holds_the_sixteen_tables_and_nothing_else():
    found = frame("select schema_name, table_name from duckdb_tables()")
    assert set(found["schema_name"]) == {"raw"}
    assert sorted(found["table_name"]) == sorted(COLUMNS)
    assert value("select count(*) from duckdb_views() where not internal") == 0


@pytest.mark.parametrize("table", COLUMNS)
def test_columns_types_and_nulls(table):
    found = frame(
        "select column_name, data_type, is_nullable from duckdb_columns() "
        f"where schema_name = 'raw' and table_name = '{table}' order by column_index"
    )
    assert list(found.itertuples(index=False, name=None)) == _expected(COLUMNS[table])


def test_a_new_seed_replaces_every_schema_that_dbt_builds():
    def schemas(node):
        for key, item in node.items():
            if key == "+schema":
                yield item
            elif isinstance(item, dict):
                yield from schemas(item)

    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text())
    built = {*schemas(project["models"]), *schemas(project["seeds"])}
    assert built == set(DERIVED_SCHEMAS)


def test_the_seeder_draws_the_values_of_the_contract_and_no_other():
    config = Config()
    groups = (config.customers, config.devices, config.beneficiaries)
    drawn = {
        name: figure.names
        for group in groups
        for name, figure in vars(group).items()
        if isinstance(figure, Distribution)
    }
    for name in ("channel", "debit_credit", "transaction_type"):
        drawn[name] = {getattr(kind, name) for kind in KINDS}
    drawn["decision"] = contract.DECISIONS  # no draw: what a team may decide
    assert {name: sorted(values) for name, values in drawn.items()} == {
        name: sorted(values) for name, values in contract.DOMAINS.items()
    }
    types = contract.TRANSFER_TYPES | contract.CASH_TYPES
    assert sorted(types) == sorted(config.behaviour.channels.names)
    for channel, names in types.items():
        here = [name for name in config.payments if name.startswith(f"{channel}_")]
        assert sorted(here) == sorted(f"{channel}_{name}" for name in names)


def test_every_table_and_column_carries_its_comment_from_the_contract():
    tables = frame("select table_name, comment from duckdb_tables()")
    assert dict(zip(tables["table_name"], tables["comment"], strict=True)) == {
        table.name: table.comment for table in contract.TABLES
    }
    columns = frame("select table_name, column_name, comment from duckdb_columns()")
    columns = columns[columns["table_name"].isin(list(COLUMNS))]
    assert {(row.table_name, row.column_name): row.comment for row in columns.itertuples()} == {
        (table.name, column.name): column.comment
        for table in contract.TABLES
        for column in table.columns
    }


def test_the_contract_says_what_nulls_and_ground_truth_mean():
    for table in contract.TABLES:
        assert table.comment.endswith(".")
        assert set(table.key) <= set(table.column_names())
        for column in table.columns:
            assert len(column.comment) > 20
            assert column.comment.endswith(".")
            # One text serves every table with the column; it may be null in only some of them.
            assert "null" in column.comment.lower() or not column.nullable, column.name
            assert "null where" in column.comment.lower() or not column.unsaid, column.name
            assert column.ground_truth == (column.name in GROUND_TRUTH)
            if column.ground_truth:
                assert column.comment.startswith("Ground truth:")


@pytest.mark.parametrize("table", contract.TABLES, ids=lambda table: table.name)
def test_keys_are_unique(table):
    key = ", ".join(f'"{name}"' for name in table.key)
    name = f"raw.{table.name}"
    duplicates = f"select count(*) from (select 1 from {name} group by {key} having count(*) > 1)"
    assert value(duplicates) == 0


@pytest.mark.parametrize(
    ("table", "column", "size"),
    [
        ("customers", "customer_id", 2_000),
        ("accounts", "account_id", 2_500),
        ("devices", "device_id", 1_800),
        ("beneficiaries", "beneficiary_id", 3_000),
    ],
)
def test_sizes_follow_the_scale_and_ids_count_from_0(table, column, size):
    found = frame(f"select {column} as id from raw.{table}")["id"]
    letter = table[0].upper()
    assert set(found) == {f"{letter}{number}" for number in range(size)}


@pytest.mark.parametrize(
    ("table", "column", "parent"),
    [
        ("accounts", "customer_id", "customers"),
        ("account_devices", "account_id", "accounts"),
        ("account_devices", "device_id", "devices"),
        ("account_beneficiaries", "account_id", "accounts"),
        ("account_beneficiaries", "beneficiary_id", "beneficiaries"),
        ("dormant_accounts", "account_id", "accounts"),
        ("inactive_accounts", "account_id", "accounts"),
        ("transactions", "customer_id", "customers"),
        ("transactions", "device_id", "devices"),
        ("transactions", "beneficiary_id", "beneficiaries"),
    ],
)
def test_foreign_keys(table, column, parent):
    sql = f"select count(*) from raw.{table} anti join raw.{parent} using ({column})"
    assert value(f"{sql} where {column} is not null") == 0


def test_accounts_of_a_transaction_exist_and_the_customer_owns_the_sender():
    for column in ("sender_account_id", "receiver_account_id"):
        unknown = value(
            f"select count(*) from raw.transactions as t where {column} is not null and not exists "
            f"(select 1 from raw.accounts as a where a.account_id = t.{column})"
        )
        assert unknown == 0
    others = value(
        "select count(*) from raw.transactions as t join raw.accounts as a "
        "on a.account_id = t.sender_account_id where a.customer_id <> t.customer_id"
    )
    assert others == 0


def test_links_cover_every_account():
    assert value("select count(*) from raw.account_devices") == 2_500
    known = frame("select account_id, count(*) as n from raw.account_beneficiaries group by all")
    assert len(known) == 2_500
    assert sorted(set(known["n"])) == [2, 3, 4, 5]
    sets = "select account_id from raw.{}_accounts"
    dormant, inactive = (set(frame(sets.format(s))["account_id"]) for s in ("dormant", "inactive"))
    assert len(dormant) == len(inactive) == 125
    assert not dormant & inactive


def test_exactly_one_counterparty_and_own_cash_in_the_account_itself():
    rows = transactions()
    inside, outside = rows["receiver_account_id"].notna(), rows["beneficiary_id"].notna()
    assert (inside ^ outside).all()
    own_cash = rows["transaction_type"].isin(["cash_deposit", "cash_withdrawal"])
    itself = rows["receiver_account_id"] == rows["sender_account_id"]
    assert (itself == own_cash).all()


def test_amounts_are_positive_and_moments_whole_seconds_within_the_window():
    rows = transactions()
    assert (rows["rupees"] > 0).all()
    assert (rows["timestamp"].dt.microsecond == 0).all()
    assert rows["timestamp"].min().date().isoformat() >= "2025-09-01"
    assert rows["timestamp"].max().date().isoformat() <= "2025-12-31"
    assert rows["day"].min() == 0
    assert rows["day"].max() == 121


def test_channels_types_directions_and_cash():
    rows = transactions()
    seen = rows.groupby("channel")["transaction_type"].agg(set).to_dict()
    assert seen == TYPES
    kinds = rows.groupby("transaction_type")
    cash = {"cash_deposit", "cash_withdrawal", "DD"}
    assert {name: set(kind) for name, kind in kinds["cash_flag"]} == {
        name: {int(name in cash)} for types in TYPES.values() for name in types
    }
    directions = {name: set(kind) for name, kind in kinds["debit_credit"]}
    assert directions["cash_deposit"] == directions["salary_credit"] == {"credit"}
    assert directions["cash_withdrawal"] == directions["DD"] == {"debit"}
    assert directions["UPI"] == directions["NEFT"] == {"debit", "credit"}


def test_ground_truth_is_whole():
    rows = transactions()
    assert set(rows["label"]) == {0, 1}
    assert ((rows["fraud_type"] == "normal") == (rows["label"] == 0)).all()
    assert rows["fraud_type"].nunique() == 22
    flow = rows["fraud_type"].isin(["mule_ring", "layering", *GRAPHS])
    for column in ("scheme_id", "role"):
        assert (rows[column].notna() == (rows["label"] == 1)).all()
    for column in ("synthetic_flow_id", "flow_depth", "hop_number", "flow_origin_at"):
        assert (rows[column].notna() == flow).all()
    flows = rows[flow]
    assert flows["hop_number"].min() == 1
    assert (flows["hop_number"] <= flows["flow_depth"]).all()
    first = flows.groupby("synthetic_flow_id")["timestamp"].transform("min")
    assert (flows["flow_origin_at"] == first).all()


def test_a_scheme_is_the_sum_of_its_rows():
    rows = transactions("label = 1")
    schemes = frame("select *, scheme_amount::double as rupees from raw.schemes")
    schemes = schemes.set_index("scheme_id").sort_index()
    by_scheme = rows.groupby("scheme_id")
    assert (by_scheme["fraud_type"].nunique() == 1).all()
    assert (by_scheme["fraud_type"].first() == schemes["fraud_type"]).all()
    assert (by_scheme.size() == schemes["transaction_count"]).all()
    assert (by_scheme["timestamp"].min() == schemes["scheme_start_at"]).all()
    assert (by_scheme["timestamp"].max() == schemes["scheme_end_at"]).all()
    assert np.allclose(by_scheme["rupees"].sum(), schemes["rupees"])
    parties = {
        name: len({*part["sender_account_id"], *part["receiver_account_id"].dropna()})
        for name, part in by_scheme
    }
    assert parties == schemes["account_count"].to_dict()
    flows = rows[rows["synthetic_flow_id"].notna()]
    assert (flows["synthetic_flow_id"].str[1:] == flows["scheme_id"].str[1:]).all()


def test_the_run_describes_itself():
    [run] = frame("select * from raw.generation_run").to_dict("records")
    assert (run["seed"], run["scale"], run["fraud_rate"]) == (42, 0.1, 0.04)
    assert run["window_start"].date().isoformat() == "2025-09-01"
    assert run["window_end"].date().isoformat() == "2025-12-31"
    assert run["time_precision"] == "second"
    assert run["numpy_version"] == np.__version__
    settings = json.loads(run["config"])
    assert settings["customers"]["kyc_level"] == {"low": 0.2, "medium": 0.5, "high": 0.3}
    assert settings["typologies"]["mule_ring"]["accounts"] == 10
    counts, prints = json.loads(run["row_counts"]), json.loads(run["fingerprints"])
    of_a_team = [table.name for table in contract.INPUTS]
    data = [name for name in COLUMNS if name not in of_a_team]
    assert list(counts) == list(prints) == data[:-1]
    with duckdb.connect(str(seeded()), read_only=True) as con:
        for table, count in counts.items():
            [(found,)] = con.execute(f"select count(*) from raw.{table}").fetchall()
            assert found == count
            assert fingerprint(con, "raw", table) == prints[table]


def test_the_version_is_the_packages():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert value("select package_version from raw.generation_run") == project["version"]
    assert seed_gen.__version__ == project["version"]


def test_clients_from_1_4_on_can_open_the_file():
    tags = value("select tags from duckdb_databases() where not internal")
    assert dict(tags)["storage_version"].startswith("v1.4.0")


def test_entity_tables_stand_in_the_order_of_their_ids():
    # The order in which the silent accounts were drawn decides what they do: it must not show.
    for table in ("accounts", "dormant_accounts", "inactive_accounts"):
        numbers = frame(f"select substr(account_id, 2)::int as n from raw.{table}")["n"].tolist()
        assert all(a < b for a, b in pairwise(numbers))
