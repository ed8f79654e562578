"""A mapping file is checked in full before any data file is opened: one sentence, exit 2."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT
from raw_layer.errors import BadInputError
from smartsentry.load.mapping import read_mapping

GOOD = """
[transactions.columns]
sender_account_id = "a"
beneficiary_id = "b"
timestamp = "t"
amount = "x"
"""


LOOKUP = """
[lookups.l]
files = "l*"
key = "k"
value = "v"
"""


def with_columns(*lines: str) -> str:
    return GOOD + "\n".join(lines) + "\n"


def with_amount(value: str) -> str:
    return GOOD.replace('amount = "x"', f"amount = {value}")


def with_time(value: str, zone: bool = False) -> str:
    text = GOOD.replace('timestamp = "t"', f"timestamp = {value}")
    return 'bank_time_zone = "Asia/Kolkata"\n' * zone + text


BAD = {
    "not TOML": ("a = ", "is not TOML"),
    "no transactions": ('name = "x"', "the section [transactions] is missing"),
    "unknown key": ("colour = 1" + GOOD, "colour is unknown; allowed are"),
    "unknown table": (GOOD + "[payments.columns]", "payments is unknown"),
    "generated table": (GOOD + "[generation_run.columns]", "generation_run is unknown"),
    "no columns": ("[transactions]", "the section [transactions.columns] is missing"),
    "unknown column": (with_columns('colour = "c"'), "transactions.columns.colour is unknown"),
    "missing column": (GOOD.replace('amount = "x"', ""), "transactions.columns.amount is missing"),
    "no counterparty": (
        GOOD.replace('beneficiary_id = "b"', ""),
        "must have receiver_account_id or beneficiary_id",
    ),
    "customers alone": (
        GOOD + '[customers.columns]\ncustomer_id = "c"',
        "[customers] needs [accounts]",
    ),
    "column is a number": (with_amount("1"), "amount is 1; it must be the name of a source column"),
    "column is empty": (with_amount('""'), "must be a text that is not empty"),
    "no origin of the text": (with_amount("{factor = 2}"), "one of column, columns and constant"),
    "two origins": (with_amount('{column = "x", constant = 1}'), "one of column, columns"),
    "unknown step": (with_amount('{column = "x", sql = "1"}'), "amount.sql is unknown"),
    "money step on a text": (
        with_columns('channel = {column = "c", factor = 2}'),
        "channel.factor is unknown",
    ),
    "factor is zero": (with_amount('{column = "x", factor = 0}'), "must be a number above 0"),
    "factor is a text": (with_amount('{column = "x", factor = "two"}'), "must be a number above 0"),
    "factor is nan": (with_amount('{column = "x", factor = nan}'), "must be a number above 0"),
    "factor has too many digits": (
        with_amount('{column = "x", factor = 1.123456789}'),
        "at most 10 digits before and 8 after",
    ),
    "two factors": (
        with_amount('{column = "x", factor = 2, factor_by = {column = "c", factors = {a = 1}}}'),
        "only one of",
    ),
    "factor_by without factors": (
        with_amount('{column = "x", factor_by = {column = "c"}}'),
        "factor_by.factors is missing",
    ),
    "decimal mark is a digit": (
        with_amount('{column = "x", decimal_mark = "1"}'),
        "one character that no number is made of",
    ),
    "map is empty": (
        with_columns('channel = {column = "c", map = {}}'),
        "a table of source values",
    ),
    "default without map": (
        with_columns('channel = {column = "c", default = "web"}'),
        "channel.default needs transactions.columns.channel.map",
    ),
    "no such lookup": (
        with_columns('channel = {column = "c", lookup = "l"}'),
        "channel.lookup is 'l'; it must be one of the file's lookups (none)",
    ),
    "lookup that nothing uses": (GOOD + LOOKUP, "lookups.l is used by no column"),
    "lookup without its key": (
        GOOD + LOOKUP.replace('key = "k"', ""),
        "lookups.l.key is missing",
    ),
    "lookup with an unknown key": (GOOD + LOOKUP + "sql = 1", "lookups.l.sql is unknown"),
    "lookup by a pattern": (
        GOOD + LOOKUP + "where = { a = [1] }",
        "lookups.l.where.a is [1]; it must be a text",
    ),
    "lookup that is no section": ("lookups = 1" + GOOD, "lookups is 1; it must be a section"),
    "separator without columns": (
        with_columns('device_id = {column = "c", separator = "-"}'),
        "separator needs",
    ),
    "pattern is broken": (
        with_columns('device_id = {column = "c", only_if = "("}'),
        "must be a regular expression",
    ),
    "no such zone": ('bank_time_zone = "Mars/Olympus"' + GOOD, "must be the name of a time zone"),
    "zone without the bank's": (
        with_time('{column = "t", time_zone = "UTC"}'),
        "time_zone needs bank_time_zone",
    ),
    "zoned format without the bank's zone": (
        with_time('{column = "t", format = "%Y-%m-%d %z"}'),
        "it needs bank_time_zone",
    ),
    "zoned format and a zone": (
        with_time('{column = "t", format = "%Y-%m-%d %z", time_zone = "UTC"}', zone=True),
        "so has no time_zone",
    ),
    "origin is a text": (
        with_time('{column = "t", origin = "now"}'),
        "must be a time without zone",
    ),
    "unit without origin": (with_time('{column = "t", unit = "day"}'), "unit needs"),
    "no such unit": (
        with_time('{column = "t", origin = 2025-01-01, unit = "week"}'),
        "must be one of second, minute, hour, day",
    ),
    "delimiter of two": ('[reader]\ndelimiter = "::"' + GOOD, "one character other than a quote"),
    "quote is a letter": ('[reader]\nquote = "q"' + GOOD, "reader.quote is 'q'"),
    "no such encoding": ('[reader]\nencoding = "ebcdic"' + GOOD, "must be one of utf-8"),
    "names twice": ('[reader]\nnames = ["a", "a"]' + GOOD, "must be names that differ"),
    "no header and no names": (
        "[reader]\nheader = false" + GOOD,
        "where reader.names is not given",
    ),
    "window backwards": (
        "window_start = 2025-02-01\nwindow_end = 2025-01-01" + GOOD,
        "on or after window_start",
    ),
    "range backwards": ("earliest = 2200-01-01" + GOOD, "must be after earliest"),
    "date is a text": ('latest = "2100"' + GOOD, "must be a date"),
    "table of three parts": ('[transactions]\ntable = "a.b.c"' + GOOD, "a table, or schema.table"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_mapping_is_refused_in_one_sentence(kind: str, tmp_path: Path) -> None:
    text, said = BAD[kind]
    path = tmp_path / "m.toml"
    path.write_text(text)
    with pytest.raises(BadInputError) as refused:
        read_mapping(path)
    sentence = str(refused.value)
    assert said in sentence
    assert str(path) in sentence and sentence.endswith(".") and "\n" not in sentence


def test_the_good_mapping_and_those_of_the_project_are_read(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text(GOOD)
    assert [table.table.name for table in read_mapping(path).tables] == ["transactions"]
    for mapping in (ROOT / "mappings").glob("*.toml"):
        assert read_mapping(mapping).tables


@pytest.fixture
def run(tmp_path: Path):
    """Run `smartsentry` in a folder with a good mapping; return exit code and what it said."""
    (tmp_path / "m.toml").write_text(GOOD)
    (tmp_path / "t.csv").write_text("a,b,t,x\nA,B,2025-01-01,1\n")

    def run(*arguments: str) -> tuple[int, str]:
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "SMARTSENTRY_DB": str(tmp_path / "published.duckdb"),
        }
        ran = subprocess.run(
            [sys.executable, "-m", "smartsentry.cli", *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in ran.stderr
        return ran.returncode, ran.stderr

    return run


REFUSED = {
    "no mapping": ("load none.toml --from t.csv --out o.duckdb", 2, "none.toml cannot be read"),
    "no file": ("load m.toml --from n*.csv --out o.duckdb", 2, "there is no such file"),
    "a folder": ("load m.toml --from . --out o.duckdb", 2, "that is a folder"),
    "a share above 1": ("load m.toml --from t.csv --out o.duckdb --max-rejected 2", 2, "0<=x<=1"),
    "a share of nothing": (
        "load m.toml --from t.csv --out o.duckdb --max-rejected nan",
        2,
        "must be a share from 0 to 1",
    ),
    "named as the schema": ("load m.toml --from t.csv --out raw.duckdb", 2, "raw is the schema"),
    "no such folder": ("load m.toml --from t.csv --out n/o.duckdb", 2, "folder that exists"),
    "out is no DuckDB file": ("load m.toml --from t.csv --out m.toml", 2, "not a DuckDB database"),
    "raw is missing": ("build --raw none.duckdb", 1, "there is no such file"),
    "raw and a seed": ("build --raw o.duckdb --seed 7", 2, "leave out --seed"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_done_is_refused_in_one_sentence(run, kind: str) -> None:
    line, code, said = REFUSED[kind]
    found, stderr = run(*line.split())
    assert (found, said in stderr) == (code, True), stderr


def test_a_file_of_another_kind_and_one_that_is_held_are_left_alone(run, tmp_path: Path) -> None:
    other = tmp_path / "o.duckdb"
    with duckdb.connect(other) as con:
        con.execute("create table mine (i integer)")
    code, stderr = run("load", "m.toml", "--from", "t.csv", "--out", "o.duckdb")
    assert (code, "main.mine" in stderr) == (2, True)
    assert run("build", "--raw", "o.duckdb")[0] == 1
    other.unlink()
    assert run("load", "m.toml", "--from", "t.csv", "--out", "o.duckdb")[0] == 0
    with duckdb.connect(other):
        code, stderr = run("load", "m.toml", "--from", "t.csv", "--out", "o.duckdb")
        assert (code, "held by the process" in stderr) == (1, True)


def test_the_progress_line_says_rows_and_rate(run) -> None:
    code, stderr = run("load", "m.toml", "--from", "t.csv", "--out", "o.duckdb")
    assert code == 0 and "1 rows" in stderr and "rows/s" in stderr
    assert run("load", "m.toml", "--from", "t.csv", "--out", "o.duckdb", "--quiet") == (0, "")
