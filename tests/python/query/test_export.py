"""`smartsentry export`: what is in the files, what a spreadsheet would run, what a fault leaves."""

import csv
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import duckdb
import pytest
from click.testing import CliRunner, Result

from conftest import ROOT, Warehouse
from smartsentry.cli import main
from smartsentry.query import export as exporting
from smartsentry.warehouse import open_for_writing_files

# As notebook 1 and notebook 2c save them, and the alerts.
NOTEBOOK_FILES = {
    "customers",
    "accounts",
    "devices",
    "beneficiaries",
    "customer_feature_catalogue",
    "dormant_account_set",
    "transactions",
    "alerts",
}
CASE_FILES = {"cases", "case_queue", "case_decisions"}
FILES = NOTEBOOK_FILES | CASE_FILES
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"]
HARMLESS = ["a=1", "'=1", "1-1", " x", 'a "b", c', "naïve\nline", ""]


def run(monkeypatch: pytest.MonkeyPatch, warehouse: Path, folder: Path) -> Result:
    monkeypatch.setenv("SMARTSENTRY_DB", str(warehouse))
    return CliRunner().invoke(main, ["export", "--to", str(folder)])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture(scope="module")
def dangerous(small_warehouse: Warehouse, tmp_path_factory) -> Warehouse:
    """The small warehouse with cells that a spreadsheet would run, and some that only look odd."""
    copy = small_warehouse.copy(tmp_path_factory.mktemp("dangerous"))
    with copy.connect(read_only=False) as con:
        for number, text in enumerate(FORMULAS + HARMLESS):
            con.execute(
                "update customers set occupation = ? where customer_id = ?", [text, f"C{number}"]
            )
            con.execute(
                "insert into case_decisions values"
                " (?, 'K1', timestamp '2025-12-01 10:00:00', 'cleared', 'Jane', ?, 2, 0, 0)",
                [number, text],
            )
    return copy


@pytest.fixture(scope="module")
def exported(dangerous: Warehouse, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "odd [a-b]*?'; x"
    exporting.export(dangerous.path, folder)
    return folder


def test_every_table_is_there_twice(exported: Path) -> None:
    expected = {f"{name}.{kind}" for name in FILES for kind in ("csv", "parquet")}
    assert {path.name for path in exported.iterdir()} == expected


@pytest.mark.parametrize("table", sorted(FILES))
def test_parquet_holds_the_table(dangerous: Warehouse, exported: Path, table: str) -> None:
    with dangerous.connect() as con:
        path = str(exported / f"{table}.parquet")
        types = [row[:2] for row in con.execute(f"describe {table}").fetchall()]
        found = con.execute("describe from read_parquet(?)", [path]).fetchall()
        assert [row[:2] for row in found] == types
        for one, other in ((table, "read_parquet(?)"), ("read_parquet(?)", table)):
            differ = con.execute(f"from {one} except all from {other}", [path]).fetchall()
            assert differ == []


@pytest.mark.parametrize("table", sorted(NOTEBOOK_FILES))
def test_csv_holds_the_table_with_its_formulas_defused(
    dangerous: Warehouse, exported: Path, table: str
) -> None:
    with (exported / f"{table}.csv").open(newline="") as file:
        header, *rows = list(csv.reader(file))
    with dangerous.connect() as con:
        types = {name: kind for name, kind, *_ in con.execute(f"describe {table}").fetchall()}
        result = con.execute(f"select columns(*)::varchar from {table} order by all")
        expected = result.fetchall()
    assert header == list(types)

    def cell(value: str | None, kind: str) -> str:
        if value is None:
            return ""
        return f"'{value}" if kind == "VARCHAR" and value.startswith(tuple("=+-@\t\r")) else value

    assert sorted(rows) == sorted(
        [cell(value, kind) for value, kind in zip(row, types.values(), strict=True)]
        for row in expected
    )


def test_formulas_are_defused_and_nothing_else_is_touched(exported: Path) -> None:
    with (exported / "customers.csv").open(newline="") as file:
        occupations = {row["customer_id"]: row["occupation"] for row in csv.DictReader(file)}
    for number, text in enumerate(FORMULAS):
        assert occupations[f"C{number}"] == f"'{text}"
    for number, text in enumerate(HARMLESS, start=len(FORMULAS)):
        assert occupations[f"C{number}"] == text
    with (exported / "case_decisions.csv").open(newline="") as file:
        notes = [row["note"] for row in csv.DictReader(file)]
    assert notes == [*(f"'{text}" for text in FORMULAS), *HARMLESS]
    with (exported / "transactions.csv").open(newline="") as file:
        changes = [row["running_balance_txn_amount"] for row in csv.DictReader(file)]
    assert any(change.startswith("-") for change in changes), "a number is no formula"


def test_equal_content_gives_equal_files(dangerous: Warehouse, exported: Path, tmp_path) -> None:
    exporting.export(dangerous.path, tmp_path)
    assert contents(tmp_path) == contents(exported)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_file_that_lost_something_is_refused(
    dangerous: Warehouse, exported: Path, tmp_path: Path, kind: str
) -> None:
    with open_for_writing_files(dangerous.path, tmp_path) as con:
        names = [name for name, *_ in con.execute("describe devices").fetchall()]
        (rows,) = con.execute("select count(*) from devices").fetchone()
        path = tmp_path / f"devices.{kind}"
        whole = (exported / path.name).read_bytes()
        path.write_bytes(whole)
        exporting.verify(con, path, names, rows)
        for wrong in ((names, rows + 1), (names[:-1], rows)):
            with pytest.raises(click.ClickException, match="after writing"):
                exporting.verify(con, path, *wrong)
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(click.ClickException, match=r"after writing|cannot be read back"):
            exporting.verify(con, path, names, rows)


def test_the_connection_that_exports_writes_into_its_folder_alone(
    dangerous: Warehouse, tmp_path: Path
) -> None:
    folder, outside = tmp_path / "inside", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    with open_for_writing_files(dangerous.path, folder) as con:
        con.execute("copy (select 1) to ? (format csv)", [str(folder / "x.csv")])
        for statement in (
            f"copy (select 1) to '{outside}/x.csv'",
            f"copy (select 1) to '{folder}/../outside/x.csv'",
            f"set allowed_directories = ['{outside}']",
            "set enable_external_access = true",
            "delete from alerts",
            "install httpfs",
        ):
            with pytest.raises(duckdb.Error):
                con.execute(statement)
    assert list(outside.iterdir()) == []


def test_a_failed_export_leaves_the_files_before(
    dangerous: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "alerts.csv").write_text("of the export before")
    (tmp_path / "report.html").write_text("not an export's")
    before = contents(tmp_path)
    right = exporting.verify

    def wrong(con: object, path: Path, columns: list[str], rows: int) -> None:
        right(con, path, columns, rows + (path.name == "alerts.parquet"))

    monkeypatch.setattr(exporting, "verify", wrong)
    result = run(monkeypatch, dangerous.path, tmp_path)
    assert result.exit_code == 1
    assert result.output.startswith("Error: alerts.parquet holds ")
    assert contents(tmp_path) == before
    assert not (tmp_path / exporting.UNFINISHED).exists()

    monkeypatch.setattr(exporting, "verify", right)
    assert run(monkeypatch, dangerous.path, tmp_path).exit_code == 0
    assert len(contents(tmp_path)) == 2 * len(FILES) + 1
    assert (tmp_path / "report.html").read_text() == "not an export's"


def test_a_killed_export_leaves_the_files_before(dangerous: Warehouse, tmp_path: Path) -> None:
    exporting.export(dangerous.path, tmp_path)
    (tmp_path / "alerts.csv").write_text("of the export before")
    before = contents(tmp_path)
    command = [sys.executable, "-m", "smartsentry.cli", "export", "--to", str(tmp_path)]
    environment = os.environ | {"SMARTSENTRY_DB": str(dangerous.path)}
    child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
    unfinished = tmp_path / exporting.UNFINISHED
    deadline = time.monotonic() + 60
    while not (unfinished / "transactions.csv").exists():
        assert child.poll() is None and time.monotonic() < deadline
        time.sleep(0.001)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert contents(tmp_path) == before
    assert unfinished.exists()
    exporting.export(dangerous.path, tmp_path)
    assert not unfinished.exists()
    assert (tmp_path / "alerts.csv").read_text() != "of the export before"


def test_what_cannot_work_is_said_in_one_sentence(
    small_warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a file").write_text("no database")
    with duckdb.connect(tmp_path / "empty.duckdb") as con:
        con.execute("create table t (a integer)")
    path = small_warehouse.path
    for warehouse, folder, code, said in (
        (tmp_path / "none.duckdb", tmp_path / "out", 1, "there is no warehouse at "),
        (tmp_path / "a file", tmp_path / "out", 1, "is not a valid DuckDB database file"),
        (tmp_path / "empty.duckdb", tmp_path / "out", 1, "holds no built warehouse"),
        (path, tmp_path / "a file", 2, "is a file."),
        (path, tmp_path / "missing" / "out", 1, "No such file or directory"),
    ):
        result = run(monkeypatch, warehouse, folder)
        assert (result.exit_code, said in result.output) == (code, True), result.output
        assert "Traceback" not in result.output
    assert not (tmp_path / "missing").exists()


def test_two_exports_do_not_share_a_folder(
    small_warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        result = run(monkeypatch, small_warehouse.path, tmp_path)
    finally:
        os.close(descriptor)
    assert result.exit_code == 1
    assert "another export is writing into" in result.output


def test_the_exposure_names_what_is_exported(small_warehouse: Warehouse) -> None:
    exposures = small_warehouse.artifact("manifest.json")["exposures"]
    nodes = exposures["exposure.smartsentry.exports"]["depends_on"]["nodes"]
    assert {node.split(".")[2] for node in nodes} == set(exporting.TABLES) == FILES
