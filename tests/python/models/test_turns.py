"""A wide table that is written in turns, as memory asks for, is the one that is written at once."""

from pathlib import Path

import pytest

from conftest import Warehouse
from raw_layer.fingerprint import fingerprint

MODELS = ("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")


def built(warehouse: Warehouse) -> tuple[str, str, str]:
    """Build `transactions`; return its fingerprint, the order of its columns and dbt's log."""
    ran = warehouse.dbt(*MODELS, "--select", "+transactions")
    assert ran.returncode == 0, ran.stdout
    with warehouse.connect() as con:
        columns = str(con.execute("describe transactions").fetchall())
        found = fingerprint(con, "main", "transactions")
    return found, columns, (warehouse.target / "logs/dbt.log").read_text()


def test_turns_give_the_same_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = Warehouse(tmp_path / "warehouse.duckdb", tmp_path / "at_once")
    assert at_once.seed("--scale", "0.6").returncode == 0
    (tmp_path / "copy").mkdir()
    in_turns = at_once.copy(tmp_path / "copy")
    expected, columns, log = built(at_once)
    assert "set variable turn" not in log

    # 780,000 rows at 900 bytes are 702 MB, for which 200 MB are left.
    monkeypatch.setenv("SMARTSENTRY_MEMORY_LIMIT", "350MB")
    found, columns_in_turns, log = built(in_turns)
    assert "set variable turns = 4; set variable turn = 0;" in log
    assert "transactions: 1 of 4 turns written" in log
    assert (found, columns_in_turns) == (expected, columns)
