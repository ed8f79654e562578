"""`smartsentry compare-engines`: every kind of difference is planted, and each is named."""

import re
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from smartsentry.cli import main

ACCOUNTS = """
    create table main.accounts (
        account_id varchar, opened date, seen timestamp, balance decimal(18, 2),
        ratio double, flag tinyint, tags varchar[]
    );
    insert into main.accounts
    select
        'A' || i, date '2025-01-01' + i::int, timestamp '2025-01-01' + to_seconds(i), i + 0.25,
        i / 7.0, i % 2, ['x', 'y' || i]
    from range(100) as t(i);
    create table main.overlaps (a varchar, b varchar, n integer);
    insert into main.overlaps select 'a' || i % 5, 'b' || i // 5, i from range(25) as t(i);
    create table main.lines (line varchar, n integer);  -- no key: a row stands twice in it
    insert into main.lines values ('twice', 1), ('twice', 1), ('once', null);
    create schema features;
    create view features.seen as select account_id, seen from main.accounts;
    create table main.build_info (build_id varchar, seed bigint);
    insert into main.build_info values ('one', 42);
    create schema raw;
    create table raw.schemes (scheme_id varchar, config json);
    insert into raw.schemes values ('S1', '{"a": 1}');
"""
TABLES = ("main.accounts", "main.overlaps", "main.lines", "main.build_info", "raw.schemes")


class Pair:
    """A DuckDB file, and the same tables in the layout that Spark's are published in."""

    def __init__(self, folder: Path) -> None:
        self.file, self.folder = folder / "duckdb.duckdb", folder / "spark"
        with duckdb.connect(self.file) as con:
            con.execute(ACCOUNTS)
        for table in TABLES:
            self.write(table, f"from {table}")

    def write(self, table: str, query: str) -> None:
        """Let a table of Spark's side hold what a query on the file gives, in two parts."""
        place = self.folder / table.replace(".", "/")
        place.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(self.file) as con:
            con.execute(f"create temporary table t as {query}")
            for number in range(2):
                part = place / f"part-0000{number}.parquet"
                con.execute(f"copy (from t where rowid % 2 = {number}) to '{part}'")

    def compare(self) -> Result:
        return CliRunner().invoke(main, ["compare-engines", str(self.file), str(self.folder)])


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def test_equal_tables(pair: Pair) -> None:
    done = pair.compare()
    assert done.exit_code == 0, done.output
    assert (
        "main.accounts                                  100 rows    7 columns  equal" in done.stdout
    )
    assert "left out: build_id, built_at" in done.stdout
    assert done.stdout.endswith("5 tables and 130 rows are equal, to the last bit.\n")


def test_what_says_how_a_build_came_about_is_left_out(pair: Pair) -> None:
    pair.write("main.build_info", "select 'another' as build_id, 42::bigint as seed")
    assert pair.compare().exit_code == 0
    pair.write("main.build_info", "select 'another' as build_id, 43::bigint as seed")
    assert pair.compare().exit_code == 1


def test_a_view_is_compared_where_spark_has_files_of_it(pair: Pair) -> None:
    pair.write(
        "features.seen", "select account_id, seen + interval 1 hour as seen from features.seen"
    )
    assert "seen: 100 rows differ" in pair.compare().stdout


A = "select * replace ({}) from main.accounts"
PLANTED = {
    "a cent": (
        *("main.accounts", A.format("(balance + flag * 0.01)::decimal(18, 2) as balance")),
        "balance: 50 rows differ, by up to 0.01, such as 1.25 in DuckDB and 1.26 on Spark"
        " at account_id A1",
    ),
    "the last bit": (
        *(
            "main.accounts",
            A.format("if(flag = 1 and ratio < 0.2, nextafter(ratio, 1), ratio) as ratio"),
        ),
        "ratio: 1 rows differ, by up to 2.7755575615628914e-17, such as 0.14285714285714285 in",
    ),
    "the sign of zero": (
        *("main.accounts", A.format("if(ratio = 0, -0.0::double, ratio) as ratio")),
        "ratio: 1 rows differ, by up to 0.0, such as 0.0 in DuckDB and -0.0 on Spark",
    ),
    "an hour": (
        *("main.accounts", A.format("seen + interval 1 hour as seen")),
        "seen: 100 rows differ, by up to 3600.0 s",
    ),
    "a day": (
        *("main.accounts", A.format("(opened + 1)::date as opened")),
        "opened: 100 rows differ, by up to 86400.0 s",
    ),
    "a null": (
        *("main.accounts", A.format("nullif(flag, 1) as flag")),
        "flag: 50 rows differ, such as 1 in DuckDB and null on Spark at account_id A1",
    ),
    "an element": (
        *("main.accounts", A.format("['x'] as tags")),
        "tags: 100 rows differ, such as [x, y0] in DuckDB and [x] on Spark",
    ),
    "a type": (
        *("main.accounts", A.format("flag::integer as flag")),
        "flag: is TINYINT in DuckDB and INTEGER on Spark",
    ),
    "a time zone": (
        *("main.accounts", A.format("seen::timestamptz as seen")),
        "seen: is TIMESTAMP in DuckDB and TIMESTAMP WITH TIME ZONE on Spark",
    ),
    "a text for a number": (
        *("main.accounts", A.format("'x' || flag as flag")),
        "flag: 100 rows differ, such as 0 in DuckDB and x0 on Spark at account_id A0",
    ),
    "a column less": (
        *("main.accounts", "select * exclude (flag) from main.accounts"),
        "flag: is missing on Spark",
    ),
    "a column more": (
        *("main.accounts", "select *, 1 as extra from main.accounts"),
        "extra: is missing in DuckDB",
    ),
    "another order": (
        *("main.accounts", "select flag, * exclude (flag) from main.accounts"),
        "the columns are in another order",
    ),
    "a row less": (
        *("main.accounts", "select * from main.accounts where account_id <> 'A7'"),
        "1 rows only in DuckDB, such as account_id A7",
    ),
    "a row more": (
        *("main.overlaps", "select * from main.overlaps union all select 'a9', 'b9', 1"),
        "1 rows only on Spark, such as a a9, b b9",
    ),
    "a row twice": (
        *("main.overlaps", "select * from main.overlaps union all select 'a0', 'b0', 0"),
        "has 25 rows in DuckDB and 26 on Spark",
    ),
    "a value behind two keys": (
        *("main.overlaps", "select a, b, if(n = 7, 9, n)::int as n from main.overlaps"),
        "n: 1 rows differ, by up to 2, such as 7 in DuckDB and 9 on Spark at a a2, b b1",
    ),
    "a copy without a key": (
        *("main.lines", "select distinct * from main.lines"),
        "1 rows only in DuckDB, such as twice, 1",
    ),
    "another line": (
        *("main.lines", "select line, 2 as n from main.lines"),
        "3 rows only on Spark, such as once, 2",
    ),
    "raw data": (
        *("raw.schemes", "select scheme_id, '{}' as config from raw.schemes"),
        'config: 1 rows differ, such as {"a": 1} in DuckDB and {} on Spark at scheme_id S1',
    ),
    "a table more": ("main.extra", "select 1 as x", "is missing in DuckDB"),
}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_difference_is_named(pair: Pair, what: str) -> None:
    table, query, sentence = PLANTED[what]
    pair.write(table, query)
    done = pair.compare()
    assert done.exit_code == 1
    [verdict] = [line for line in done.stdout.splitlines() if "DIFFERENT" in line]
    assert table in verdict
    assert sentence in done.stdout
    assert done.stderr == f"Error: 1 of {6 if 'extra' in table else 5} tables differ, see above.\n"


def test_a_missing_table_is_named(pair: Pair) -> None:
    place = pair.folder / "main/lines"
    for part in place.iterdir():
        part.unlink()
    assert "has no file on Spark" in pair.compare().stdout
    place.rmdir()
    done = pair.compare()
    assert (done.exit_code, "is missing on Spark" in done.stdout) == (1, True)


def test_a_view_of_main_is_a_mart_too(pair: Pair) -> None:
    with duckdb.connect(pair.file) as con:
        con.execute("create view main.seen as from features.seen")
    done = pair.compare()
    assert done.exit_code == 1 and re.search(r"main\.seen .*\n +is missing on Spark", done.stdout)


def test_what_is_not_there_is_said_in_one_sentence(pair: Pair, tmp_path: Path) -> None:
    for arguments in ((tmp_path / "none", pair.folder), (pair.file, tmp_path / "none")):
        done = CliRunner().invoke(main, ["compare-engines", *map(str, arguments)])
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith("Error: there ") and done.stderr.count("\n") == 1
