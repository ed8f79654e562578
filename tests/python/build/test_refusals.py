"""What dbt is given and must refuse: one clear sentence, a non-zero exit, nothing changed."""

import hashlib
import json

import duckdb
import pytest

from conftest import Warehouse


def digest(warehouse: Warehouse) -> str:
    return hashlib.sha256(warehouse.path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("high_value_transfer__amount", "1); drop table raw.accounts; --", "allowed is a number"),
        ("high_value_transfer__amount", float("nan"), "allowed is a number"),
        ("rapid_burst__txn_count", 2.5, "got 2.5, allowed is a whole number"),
        ("high_value_transfer_amount", 5, "unknown var high_value_transfer_amount"),
    ],
)
def test_a_bad_threshold_is_refused_before_any_sql(
    small_warehouse: Warehouse, tmp_path, name: str, value: object, said: str
) -> None:
    """One value of each kind: `test_thresholds.py` has the others, without dbt."""
    copy = small_warehouse.copy(tmp_path)
    before = digest(copy)
    literal = ".nan" if str(value) == "nan" else json.dumps(value)
    refused = copy.dbt("build", "--vars", f"{{{name}: {literal}}}")
    assert refused.returncode != 0
    assert said in refused.stdout
    assert "Traceback" not in refused.stdout + refused.stderr
    assert digest(copy) == before


def test_without_raw_data_one_sentence_names_the_command(tmp_path) -> None:
    empty = Warehouse.of(tmp_path)
    refused = empty.dbt("build")
    assert refused.returncode != 0
    assert "There is no raw data in this DuckDB file: run `make warehouse`" in refused.stdout
    assert " OK created" not in refused.stdout


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("drop table raw.devices", "raw.devices"),
        ("alter table raw.transactions drop column cash_flag", "raw.transactions.cash_flag"),
    ],
)
def test_missing_raw_input_stops_the_build_and_is_named(
    small_warehouse: Warehouse, tmp_path, statement: str, named: str
) -> None:
    raw_only = Warehouse.of(tmp_path)
    with duckdb.connect(raw_only.path) as con:
        con.execute(f"attach '{small_warehouse.path}' as built (read_only)")
        con.execute("create schema raw")
        tables = con.execute(
            "select table_name from duckdb_tables()"
            " where database_name = 'built' and schema_name = 'raw'"
        ).fetchall()
        for (table,) in tables:
            con.execute(f"create table raw.{table} as from built.raw.{table}")
        con.execute(statement)
    refused = raw_only.dbt("build")
    assert refused.returncode != 0
    assert f"missing: {named}." in refused.stdout
    with raw_only.connect() as con:
        assert con.execute(
            "select count(*) from duckdb_tables() where schema_name = 'main'"
        ).fetchone() == (0,)
