"""`smartsentry sql` without a query: the DuckDB shell opens the file and reaches nothing else."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from test_security import FORBIDDEN_TO_AN_ANALYST, ODD_FOLDER, ODD_NAME, make_outside

from conftest import ROOT, Warehouse
from smartsentry.cli import main
from smartsentry.query import shell


def ask(path: Path, questions: str) -> subprocess.CompletedProcess[str]:
    """Type questions into the shell and read what it says, errors too."""
    return subprocess.run(
        [sys.executable, "-m", "smartsentry.cli", "sql"],
        cwd=ROOT,
        env=os.environ | {"SMARTSENTRY_DB": str(path), "HOME": str(path.parent)},
        input=questions,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )


def test_every_relation_answers_in_the_shell(small_warehouse: Warehouse, tmp_path: Path) -> None:
    """Its DuckDB is older than the one that writes the file."""
    (tmp_path / ODD_FOLDER).mkdir()
    path = small_warehouse.copy(tmp_path).path.rename(tmp_path / ODD_FOLDER / ODD_NAME)
    with small_warehouse.connect() as con:
        tables = [
            f'"{schema}"."{name}"'
            for schema, name in con.execute(
                "select table_schema, table_name from information_schema.tables"
                " where table_catalog = current_database() order by all"
            ).fetchall()
        ]
        (customer,) = con.execute("select min(customer_id) from customers").fetchone()
        (alert,) = con.execute(
            "select min(alert_id) from alerts where rule_name = 'rapid_burst'"
        ).fetchone()
        macros = [
            f"case_file('{customer}')",
            f"alert_transactions('{alert}')",
            "describe_table('alerts')",
        ]
        counted = [
            con.execute(f"select count(*) from {relation}").fetchone()[0]
            for relation in tables + macros
        ]
    assert len(tables) > 40 and counted[-1] > 5
    questions = "\n".join(f"select count(*) from {relation};" for relation in tables + macros)
    ran = ask(path, f".mode list\n.headers off\n{questions}")
    assert ran.stdout.splitlines() == [str(count) for count in counted]
    assert ran.returncode == 0


def test_a_table_is_described_by_one_short_command(small_warehouse: Warehouse) -> None:
    with small_warehouse.connect() as con:
        expected = con.execute("from describe_table('devices')").fetchall()
    said = ask(small_warehouse.path, ".mode line\nfrom d('devices');").stdout
    assert len(expected) == 7
    for row in expected:
        for cell in filter(None, row):
            assert f" = {cell}\n" in said
    assert "from d('" in shell.WELCOME


# What only a shell has: commands of its own that reach the system.
FORBIDDEN_COMMANDS = [
    ".shell touch {outside}/x",
    ".system touch {outside}/x",
    ".output {outside}/x",
    ".once {outside}/x",
    ".log {outside}/x",
    ".read {outside}/secret.sql",
    ".open {outside}/other.duckdb",
    ".import {outside}/secret.csv t",
    ".cd {outside}",
    ".excel",
    ".safe_mode off",
]


@pytest.mark.parametrize(
    "statement",
    [
        *[
            f"{statement};"
            for statement in FORBIDDEN_TO_AN_ANALYST
            if statement != "pragma enable_profiling"  # the shell may say more of its work
        ],
        *FORBIDDEN_COMMANDS,
    ],
)
def test_the_shell_reaches_nothing_but_the_warehouse(
    small_warehouse: Warehouse, tmp_path: Path, statement: str
) -> None:
    outside = tmp_path / "outside"
    make_outside(outside)
    (outside / "secret.sql").write_text("select 'reached';\n")
    before = {path: path.read_bytes() for path in outside.iterdir()}
    whole = small_warehouse.path.stat()
    ran = ask(
        small_warehouse.path,
        f"{statement.format(outside=outside)}\nselect 'still ' || 'there';\n",
    )
    assert "Error" in ran.stdout or "cannot be used in -safe mode" in ran.stdout, ran.stdout
    assert "reached" not in ran.stdout
    assert "still there" in ran.stdout, "a refusal does not end the shell"
    assert {path: path.read_bytes() for path in outside.iterdir()} == before
    after = small_warehouse.path.stat()
    assert (after.st_mtime_ns, after.st_size) == (whole.st_mtime_ns, whole.st_size)


def test_a_start_up_file_is_not_read(small_warehouse: Warehouse, tmp_path: Path) -> None:
    copy = small_warehouse.copy(tmp_path)
    (tmp_path / ".duckdbrc").write_text(".print from the start-up file\n")
    said = ask(copy.path, "select 1 as one;").stdout
    assert "one" in said and "from the start-up file" not in said


def test_without_the_shell_one_sentence_says_how_to_get_it(
    small_warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMARTSENTRY_DB", str(small_warehouse.path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(click.ClickException):
        shell.binary()
    result = CliRunner().invoke(main, ["sql"])
    assert (result.exit_code, result.output) == (1, f"Error: {shell.MISSING}\n")
    assert CliRunner().invoke(main, ["sql", "select 41 + 1 as n"]).output.count("42") == 1


def test_without_a_warehouse_one_sentence_says_so(tmp_path: Path) -> None:
    ran = ask(tmp_path / "none.duckdb", "select 1;")
    assert ran.returncode == 1
    assert ran.stdout.startswith("Error: there is no warehouse at ")
    assert ran.stdout.count("\n") == 1


def result(monkeypatch: pytest.MonkeyPatch, path: Path, *arguments: str) -> Result:
    """Run `smartsentry sql` on a warehouse in this process."""
    monkeypatch.setenv("SMARTSENTRY_DB", str(path))
    return CliRunner().invoke(main, ["sql", *arguments])


def test_each_statement_of_a_query_shows_its_result(small_warehouse, monkeypatch) -> None:
    query = (
        "-- one\nselect 'first; one' as a; create temp table t as select null as b;; from t -- end"
    )
    ran = result(monkeypatch, small_warehouse.path, query)
    assert ran.exit_code == 0, ran.output
    assert ran.output.index("first; one") < ran.output.index("NULL")


def test_the_results_before_an_error_are_shown(small_warehouse, monkeypatch) -> None:
    query = "select 41 + 1 as n; select cast('x' as int); select 7 as never"
    ran = result(monkeypatch, small_warehouse.path, query)
    assert ran.exit_code == 1
    assert "42" in ran.stdout and "never" not in ran.stdout
    assert ran.stderr == "Error: Conversion Error: Could not convert string 'x' to INT32.\n"


@pytest.mark.parametrize("rows", [1, 40, 10_000, 12_345])
def test_what_is_cut_is_counted(small_warehouse, monkeypatch, rows: int) -> None:
    query = "select transaction_no as n from transactions"
    ran = result(monkeypatch, small_warehouse.path, query, "--rows", str(rows))
    with small_warehouse.connect() as con:
        (total,) = con.execute("select count(*) from transactions").fetchone()
    assert ran.exit_code == 0, ran.output
    assert ran.output.splitlines()[-1] == f"{rows:,} of {total:,} rows; --rows shows more."
    assert len(re.findall(r"^│ +\d+ │$", ran.output, re.MULTILINE)) == rows
    assert "?" not in ran.output


def test_a_whole_result_is_not_called_cut(small_warehouse, monkeypatch) -> None:
    ran = result(monkeypatch, small_warehouse.path, "select unnest(range(5)) as n", "--rows", "5")
    assert "--rows" not in ran.output


def test_ctrl_c_ends_a_query(small_warehouse) -> None:
    query = (
        "select count(*) from range(10000000000) as a, range(10) as b where a.range % 7 = b.range"
    )
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "smartsentry.cli", "sql", f"select 1 as begun; {query}"],
        cwd=ROOT,
        env=os.environ | {"SMARTSENTRY_DB": str(small_warehouse.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as asked:
        while "begun" not in asked.stdout.readline():
            pass
        asked.send_signal(signal.SIGINT)
        _, said = asked.communicate(timeout=60)
    assert (asked.returncode, said.strip()) == (130, "Error: Interrupted.")


def test_a_reader_that_goes_away_is_no_error(small_warehouse) -> None:
    command = f"{sys.executable} -m smartsentry.cli sql --rows 20000 'from transactions' | head -1"
    environment = os.environ | {"SMARTSENTRY_DB": str(small_warehouse.path)}
    ran = subprocess.run(
        command, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert (ran.stdout.count("\n"), ran.stderr) == (1, "")
