"""Each mapping of a public set on a small file of exactly its format, up to the evaluation."""

import csv
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, Warehouse
from raw_layer.errors import BadInputError
from smartsentry.load.loader import load

DATA = Path(__file__).parent / "data"
COLUMNS = (
    *("sender_account_id", "receiver_account_id", "beneficiary_id", "timestamp::varchar", "amount"),
    *("channel", "debit_credit", "transaction_type", "cash_flag", "label", "fraud_type"),
)


@dataclass(frozen=True)
class PublicSet:
    """A set's files, its first row by hand, its typologies, and what it cannot feed.

    `paid` gives the amount, direction and label of a row of its transactions; `money_unit` is what
    docs/public-sets.md says for its amounts.
    """

    files: str
    transactions: str
    rows: int
    first: tuple
    typologies: frozenset[str]
    not_applicable: frozenset[str]
    paid: Callable[[dict[str, str]], tuple[Decimal, str, int]]
    precision: str
    money_unit: int = 1


NO_CUSTOMERS = {"very_high_risk_customer", "pep_high_value", "student_high_value"}
RUPEES = {"US Dollar": "80", "Euro": "79", "Yen": "0.56", "Rupee": "1", "Bitcoin": "1600000"}
NO_CASH = {"large_cash_deposit", "structuring_pattern", "atm_high_withdrawal"}
SETS = {
    "ibm_amlworld": PublicSet(
        "amlworld_Trans.csv",
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
        lambda row: (
            Decimal(row["Amount Paid"]) * Decimal(RUPEES[row["Payment Currency"]]),
            "debit",
            int(row["Is Laundering"]),
        ),
        "minute",
    ),
    "ibm_amlsim": PublicSet(
        "amlsim/*.csv",
        "amlsim/transactions.csv",
        40,
        (
            "10",
            "8",
            None,
            "2017-01-01 00:00:00",
            Decimal("4386.26"),
            None,
            "debit",
            None,
            None,
            0,
            "normal",
        ),
        frozenset({"cycle", "fan_in"}),
        frozenset(NO_CUSTOMERS | NO_CASH),
        lambda row: (Decimal(row["base_amt"]), "debit", int(row["is_sar"] == "True")),
        "day",
        money_unit=80,
    ),
    "paysim": PublicSet(
        "paysim_log.csv",
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
        lambda row: (
            Decimal(row["amount"]),
            "credit" if row["type"] == "CASH_IN" else "debit",
            int(row["isFraud"]),
        ),
        "minute",
    ),
    "saml_d": PublicSet(
        "SAML-D.csv",
        "SAML-D.csv",
        42,
        (
            "4008228468",
            "4969871807",
            None,
            "2022-10-07 10:35:00",
            Decimal("8741.44"),
            "branch",
            "debit",
            "NEFT",
            0,
            0,
            "normal",
        ),
        frozenset({"Structuring", "Fan_Out", "Smurfing", "Layered_Fan_In"}),
        frozenset(NO_CUSTOMERS | {"offshore_transfer", "new_account_large_txn"}),
        lambda row: (
            Decimal(row["Amount"]),
            "credit" if row["Payment_type"] == "Cash Deposit" else "debit",
            int(row["Is_laundering"]),
        ),
        "second",
        money_unit=91,
    ),
    "fraud_handbook": PublicSet(
        "handbook.csv",
        "handbook.csv",
        40,
        (
            "customer 7",
            None,
            "terminal 22",
            "2018-04-01 00:00:31",
            Decimal("290.74"),
            None,
            "debit",
            None,
            None,
            1,
            "amount_above_220",
        ),
        frozenset({"amount_above_220", "compromised_terminal", "compromised_card"}),
        frozenset(NO_CUSTOMERS | NO_CASH),
        lambda row: (Decimal(row["TX_AMOUNT"]), "debit", int(row["TX_FRAUD"])),
        "second",
        money_unit=80,
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
    load(ROOT / "mappings" / name, [str(DATA / public.files)], warehouse.path, max_rejected=0)
    with warehouse.connect() as con:
        query = f"select {', '.join(COLUMNS)} from raw.transactions where transaction_id = 'T0'"
        assert con.execute(query).fetchall() == [public.first]
        precision = con.execute("select time_precision from raw.generation_run").fetchone()
        assert precision == (public.precision,)

    unit = f"{{money_unit: {public.money_unit}}}"
    built = warehouse.dbt(
        *("build", "--warn-error", "--exclude-resource-type", "unit_test", "--vars", unit)
    )
    assert built.returncode == 0, built.stdout
    with warehouse.connect() as con:
        assert con.execute("select count(*) from transactions").fetchone() == (public.rows,)
        assert con.execute("select count(*) > 0 from alerts").fetchone() == (True,)
        found = con.execute("select distinct fraud_type from typology_coverage").fetchall()
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


@pytest.mark.parametrize("name", SETS)
def test_what_is_paid_is_what_the_file_says(name: str, tmp_path: Path) -> None:
    """Rows and sums by direction and label, as Python's csv and Decimal find them."""
    public = SETS[name]
    expected: dict[tuple[str, int], list] = defaultdict(lambda: [0, Decimal(0)])
    with (DATA / public.transactions).open(newline="") as file:
        for row in csv.DictReader(file):
            amount, direction, label = public.paid(row)
            of_kind = expected[direction, label]
            of_kind[0] += 1
            of_kind[1] += amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    out = tmp_path / "out.duckdb"
    load(ROOT / "mappings" / name, [str(DATA / public.files)], out, max_rejected=0)
    with duckdb.connect(out, read_only=True) as con:
        found = con.execute(
            "select debit_credit, label, count(*), sum(amount) from raw.transactions group by all"
        ).fetchall()
    assert {(direction, label): rest for direction, label, *rest in found} == expected


# In the first row of a set's file, one text for another; what the row becomes, or its reasons.
ODD = {
    "paysim, labels with a point": ("paysim", ",0,0", ",1.0,0.0", ("5098.41", 1)),
    "paysim, a type that it does not have": (
        *("paysim", "PAYMENT", "BARTER"),
        ["transaction_type is outside its domain"],
    ),
    "paysim, a fraud that moves nothing": (
        *("paysim", "5098.41", "0.0"),
        ["amount is not above 0"],
    ),
    "paysim, a step that is no hour": (
        "paysim",
        "1,PAY",
        "1.5,PAY",
        ['"1.5" is not a whole number'],
    ),
    "handbook, a floating point number": (
        *("fraud_handbook", "290.74", "85.64999999999999"),
        ("85.65", 1),
    ),
    "handbook, half a cent": ("fraud_handbook", "290.74", "0.005", ("0.01", 1)),
    "handbook, a purchase of nothing": (
        *("fraud_handbook", "290.74", "0.0"),
        ["amount is not above 0"],
    ),
    "handbook, a scenario that it does not have": (
        *("fraud_handbook", "1,1", "1,4"),
        ["there is no scenario 4"],
    ),
    "amlworld, bitcoin": (
        *("ibm_amlworld", "9913.75,US Dollar,Cheque", "0.006393,Bitcoin,Bitcoin"),
        ("10228.80", 0),
    ),
    "amlworld, a third of a cent": (
        *("ibm_amlworld", "9913.75,US Dollar,Cheque", "0.01,Yen,Cheque"),
        ("0.01", 0),
    ),
    "amlworld, a currency without a rate": (
        *("ibm_amlworld", "9913.75,US Dollar,Cheque", "9913.75,Dirham,Cheque"),
        ["no rate for Dirham"],
    ),
    "amlworld, a format that it does not have": (
        *("ibm_amlworld", "US Dollar,Cheque", "US Dollar,Barter"),
        ["transaction_type is outside its domain"],
    ),
    "saml-d, a type that it does not have": (
        *("saml_d", "Cheque,0", "Barter,0"),
        ["transaction_type is outside its domain"],
    ),
    "saml-d, a typology that contradicts its label": (
        *("saml_d", "Normal_Cash_Deposits", "Smurfing"),
        ["label and fraud_type disagree"],
    ),
    "saml-d, a time behind the time": (
        *("saml_d", "10:35:00,", "10:35:00 PM,"),
        ["timestamp cannot be read as a time"],
    ),
}


@pytest.mark.parametrize(("name", "old", "new", "becomes"), ODD.values(), ids=ODD)
def test_an_odd_row_is_read_right_or_rejected(
    tmp_path: Path, name: str, old: str, new: str, becomes: tuple | list
) -> None:
    header, first, *others = (DATA / SETS[name].transactions).read_text().splitlines()
    before, found, after = first.rpartition(old)
    assert found
    file, out = tmp_path / "odd.csv", tmp_path / "out.duckdb"
    file.write_text("\n".join([header, before + new + after, *others]))
    load(ROOT / "mappings" / name, [str(file)], out, max_rejected=0.1)
    with duckdb.connect(out, read_only=True) as con:
        accepted = con.execute(
            "select amount::varchar, label from raw.transactions where transaction_id = 'T0'"
        ).fetchall()
        rejected = con.execute("select source_line, reasons from raw.rejected_rows").fetchall()
    assert (accepted, rejected) == (
        ([becomes], []) if isinstance(becomes, tuple) else ([], [(2, becomes)])
    )


def test_the_handbook_as_a_data_frame_is_the_handbook_as_csv(tmp_path: Path) -> None:
    """Parquet has numbers and times where CSV has texts."""
    frame, outs = tmp_path / "frame.parquet", [tmp_path / "a.duckdb", tmp_path / "b.duckdb"]
    duckdb.execute(
        f"copy (select * replace (tx_datetime::timestamp_ns as tx_datetime) from"
        f" '{DATA}/handbook.csv') to '{frame}'"
    )
    for file, out in zip([DATA / "handbook.csv", frame], outs, strict=True):
        load(ROOT / "mappings/fraud_handbook", [str(file)], out, max_rejected=0)
    with duckdb.connect() as con:
        for out in outs:
            con.execute(f"attach '{out}' as {out.stem} (read_only)")
        same = "select count(*) from (from a.raw.transactions intersect from b.raw.transactions)"
        assert con.execute(same).fetchone() == (SETS["fraud_handbook"].rows,)


def test_a_mapping_of_the_old_form_is_refused(tmp_path: Path) -> None:
    mapping, out = tmp_path / "paysim.toml", tmp_path / "out.duckdb"
    mapping.write_text('[transactions.columns]\nsender_account_id = "nameOrig"\n')
    with pytest.raises(BadInputError, match=r"is a file; a mapping is a folder .*own-data\.md"):
        load(mapping, [str(DATA / "paysim_log.csv")], out)
    assert list(tmp_path.iterdir()) == [mapping]


def test_every_mapping_is_described_and_tested() -> None:
    text = (ROOT / "docs/public-sets.md").read_text()
    mappings = {path.parent.name for path in (ROOT / "mappings").glob("*/source.toml")}
    assert mappings - {"smartsentry"} == set(SETS)
    for name, public in SETS.items():
        assert f"`mappings/{name}`" in text
        assert public.money_unit == 1 or f"| `mappings/{name}` | {public.money_unit} |" in text


def test_amlsim_typologies_come_from_their_own_file(tmp_path: Path) -> None:
    """A pattern that was not suspicious is none, and a suspicious row without pattern has none."""
    for file in (DATA / "amlsim").iterdir():
        (tmp_path / file.name).write_text(file.read_text())
    patterns = tmp_path / "alert_transactions.csv"
    kept = [line for line in patterns.read_text().splitlines() if ",True,34," not in line]
    patterns.write_text("\n".join(kept))
    out = tmp_path / "out.duckdb"
    load(ROOT / "mappings/ibm_amlsim", [f"{tmp_path}/*.csv"], out, max_rejected=0)
    with duckdb.connect(out, read_only=True) as con:
        assert con.execute(
            "select fraud_type, label, count(*) from raw.transactions group by all order by all"
        ).fetchall() == [
            ("cycle", 1, 2),
            ("fan_in", 1, 1),
            ("normal", 0, 36),
            ("unspecified", 1, 1),
        ]
