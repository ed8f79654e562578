"""Each mapping of a public set on a small file of exactly its format, up to the evaluation."""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, Warehouse
from smartsentry.load.loader import load

DATA = Path(__file__).parent / "data"
COLUMNS = (
    *("sender_account_id", "receiver_account_id", "beneficiary_id", "timestamp::varchar", "amount"),
    *("channel", "debit_credit", "transaction_type", "cash_flag", "label", "fraud_type"),
)


@dataclass(frozen=True)
class PublicSet:
    """A set's files, its first row by hand, its typologies, and what it cannot feed."""

    files: str
    rows: int
    first: tuple
    typologies: frozenset[str]
    not_applicable: frozenset[str]


NO_CUSTOMERS = {"very_high_risk_customer", "pep_high_value", "student_high_value"}
NO_CASH = {"large_cash_deposit", "structuring_pattern", "atm_high_withdrawal"}
SETS = {
    "ibm_amlworld": PublicSet(
        "amlworld_Trans.csv",
        40,
        (
            "002-80204A00",
            "004-803C5B00",
            None,
            "2022-09-01 00:00:00",
            Decimal("793100.00"),
            "branch",
            "debit",
            "NEFT",
            0,
            0,
            "normal",
        ),
        frozenset({"unspecified"}),
        frozenset(NO_CUSTOMERS | {"crypto_transfer", "high_amount_to_balance"}),
    ),
    "ibm_amlsim": PublicSet(
        "amlsim/*.csv",
        40,
        (
            "10",
            "8",
            None,
            "2017-01-01 00:00:00",
            Decimal("350900.80"),
            None,
            "debit",
            None,
            None,
            0,
            "normal",
        ),
        frozenset({"cycle", "fan_in"}),
        frozenset(NO_CUSTOMERS | NO_CASH),
    ),
    "paysim": PublicSet(
        "paysim_log.csv",
        40,
        (
            "C1077661096",
            None,
            "M1236390092",
            "2025-01-01 01:00:00",
            Decimal("5098.41"),
            "mobile",
            "debit",
            "UPI",
            0,
            0,
            "normal",
        ),
        frozenset({"unspecified"}),
        frozenset(NO_CUSTOMERS | {"crypto_transfer", "high_risk_beneficiary"}),
    ),
    "saml_d": PublicSet(
        "SAML-D.csv",
        42,
        (
            "4008228468",
            "4969871807",
            None,
            "2022-10-07 10:35:00",
            Decimal("795471.04"),
            "branch",
            "debit",
            "NEFT",
            0,
            0,
            "normal",
        ),
        frozenset({"Structuring", "Fan_Out", "Smurfing", "Layered_Fan_In"}),
        frozenset(NO_CUSTOMERS | {"offshore_transfer", "new_account_large_txn"}),
    ),
    "fraud_handbook": PublicSet(
        "handbook.csv",
        40,
        (
            "customer 7",
            None,
            "terminal 22",
            "2018-04-01 00:00:31",
            Decimal("23259.20"),
            None,
            "debit",
            None,
            None,
            1,
            "amount_above_220",
        ),
        frozenset({"amount_above_220", "compromised_terminal", "compromised_card"}),
        frozenset(NO_CUSTOMERS | NO_CASH),
    ),
}


# Columns whose description says nothing of null, each as a question whether one is null.
NULLS_WITHOUT_A_WORD = """
    select format(
        'select count(*) > count("{}") from "{}"."{}"', column_name, schema_name, table_name
    )
    from column_catalogue
    semi join information_schema.tables as present
        on schema_name = table_schema and column_catalogue.table_name = present.table_name
    where ordinal > 0 and description not ilike '%null%'
"""


@pytest.mark.parametrize("name", SETS)
def test_a_public_set_loads_builds_and_is_evaluated(name: str, tmp_path: Path) -> None:
    public = SETS[name]
    warehouse = Warehouse(tmp_path / "warehouse.duckdb", tmp_path / "target")
    mapping = ROOT / f"mappings/{name}.toml"
    load(mapping, [str(DATA / public.files)], warehouse.path, max_rejected=0)
    with warehouse.connect() as con:
        query = f"select {', '.join(COLUMNS)} from raw.transactions where transaction_id = 'T0'"
        assert con.execute(query).fetchall() == [public.first]

    built = warehouse.dbt("build", "--warn-error", "--exclude-resource-type", "unit_test")
    assert built.returncode == 0, built.stdout
    with warehouse.connect() as con:
        assert con.execute("select count(*) from transactions").fetchone() == (public.rows,)
        assert con.execute("select count(*) > 0 from alerts").fetchone() == (True,)
        found = con.execute("select fraud_type from typology_coverage").fetchall()
        assert {fraud_type for (fraud_type,) in found} <= public.typologies
        labels = "select count(distinct fraud_type) from transactions where label = 1"
        assert con.execute(labels).fetchone() == (len(found),) != (0,)
        precise = "select count(precision) > 0, count(recall) > 0 from rule_performance"
        assert con.execute(precise).fetchone() == (True, True)
        idle = con.execute(
            "select rule_name, alerts, recall, alerts_per_1000, is_dead from rule_performance"
            " where is_applicable = 0"
        ).fetchall()
        assert public.not_applicable <= {rule for rule, *_ in idle}
        assert {row[1:] for row in idle} == {(0, None, None, 0)}
        silent = con.execute(NULLS_WITHOUT_A_WORD).fetchall()
        queries = [query for (query,) in silent if con.execute(query).fetchone() == (True,)]
        assert queries == []
        applicable = "select is_applicable from rule_applicability where rule_name = ?"
        assert con.execute(applicable, ["high_value_transfer"]).fetchone() == (1,)


def test_every_mapping_file_is_described_and_tested() -> None:
    text = (ROOT / "docs/public-sets.md").read_text()
    mappings = {path.stem for path in (ROOT / "mappings").glob("*.toml")}
    assert mappings - {"smartsentry", "bank_example"} == set(SETS)
    for name in SETS:
        assert f"mappings/{name}.toml" in text


def test_amlsim_typologies_come_from_their_own_file(tmp_path: Path) -> None:
    """A pattern that was not suspicious is none, and a suspicious row without pattern has none."""
    for file in (DATA / "amlsim").iterdir():
        (tmp_path / file.name).write_text(file.read_text())
    patterns = tmp_path / "alert_transactions.csv"
    kept = [line for line in patterns.read_text().splitlines() if ",True,34," not in line]
    patterns.write_text("\n".join(kept))
    out = tmp_path / "out.duckdb"
    load(ROOT / "mappings/ibm_amlsim.toml", [f"{tmp_path}/*.csv"], out, max_rejected=0)
    with duckdb.connect(out, read_only=True) as con:
        assert con.execute(
            "select fraud_type, label, count(*) from raw.transactions group by all order by all"
        ).fetchall() == [
            ("cycle", 1, 2),
            ("fan_in", 1, 1),
            ("normal", 0, 36),
            ("unspecified", 1, 1),
        ]
