"""`smartsentry compact`: a smaller file with the same content, put in place whole."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, Warehouse
from faults.place import Place, digest, environment
from raw_layer.files import wal
from smartsentry.build.build_info import differences, mart_fingerprints
from smartsentry.build.publish import Files

# What a file holds beside its rows. Of a view's text the words, sorted: DuckDB writes blanks,
# brackets and the names after `exclude` anew when it reads one.
CATALOGUE = {
    "schemas": "schema_name, comment",
    "tables": "schema_name, table_name, comment, sql, estimated_size",
    "views": r"schema_name, view_name, comment, list_sort(regexp_extract_all(sql, '\w+'))",
    "columns": "schema_name, table_name, column_name, comment, data_type, is_nullable",
    "constraints": "schema_name, table_name, constraint_text",
    "functions": "schema_name, function_name, function_type, comment, parameters, macro_definition",
}


def compact(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "smartsentry.cli", "compact"],
        cwd=path.parent,
        env=environment() | {"SMARTSENTRY_DB": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def catalogue(con: duckdb.DuckDBPyConnection) -> dict[str, list[tuple]]:
    return {
        kind: con.execute(
            f"select {columns} from duckdb_{kind}()"
            " where database_name = current_database() and schema_name not in"
            " ('information_schema', 'pg_catalog') order by all"
        ).fetchall()
        for kind, columns in CATALOGUE.items()
    }


@pytest.fixture
def copy(published: Place, tmp_path: Path) -> Warehouse:
    return Warehouse(published.path, tmp_path / "target").copy(tmp_path)


@pytest.fixture
def grown(copy: Warehouse) -> Path:
    """A published warehouse that held a large table for a while."""
    with copy.connect(read_only=False) as con:
        # What is free at the file's end DuckDB cuts off itself: a table that stays comes after it.
        for table, rows in (("gone", 2_000_000), ("kept", 1000)):
            con.execute(f"create table staging.{table} as select random() as n from range({rows})")
            con.execute("checkpoint")
        con.execute("drop table staging.gone")
    return copy.path


def test_the_space_of_replaced_tables_is_given_back_and_nothing_else(
    grown: Path, published: Place
) -> None:
    before = grown.stat().st_size
    assert before > 1.3 * published.path.stat().st_size
    with duckdb.connect(grown, read_only=True) as con:
        held, marts = catalogue(con), mart_fingerprints(con)
    assert len(held["functions"]) == 5 and len(held["views"]) >= 17 and held["constraints"]
    assert any(comment for *_, comment, _ in held["views"])
    grown.chmod(0o640)
    ran = compact(grown)
    assert ran.returncode == 0, ran.stderr
    after = grown.stat().st_size
    assert f"{before / 1e6:,.1f} MB before, {after / 1e6:,.1f} MB now." in ran.stdout
    assert after < 0.75 * before
    with duckdb.connect(grown, read_only=True) as con:
        assert catalogue(con) == held
        assert mart_fingerprints(con) == marts
        assert differences(con) == [], "raw tables too are what the publish recorded"
        for macro in ("describe_table('alerts')", "case_file('C1')"):
            assert con.execute(f"from {macro}").fetchall()
        [(tags,)] = con.execute(
            "select tags from duckdb_databases() where database_name = current_database()"
        ).fetchall()
    assert tags["storage_version"].startswith("v1.4.0")
    assert grown.stat().st_mode & 0o777 == 0o640
    assert not wal(grown).exists() and not Files.of(grown).side.parent.exists()


def test_a_published_file_has_nothing_to_give_back(copy: Warehouse) -> None:
    before = copy.path.stat().st_size
    assert compact(copy.path).returncode == 0
    assert copy.path.stat().st_size > 0.9 * before


def test_the_one_before_stays_and_readers_keep_what_they_read(grown: Path) -> None:
    previous = Files.of(grown).previous
    previous.write_text("the one before")
    with duckdb.connect(grown, read_only=True) as reader:
        [(rows,)] = reader.execute("select count(*) from transactions").fetchall()
        assert compact(grown).returncode == 0
        reader.execute("select count(*), max(amount) from transactions where amount > 10")
        assert reader.execute("select count(*) from transactions").fetchall() == [(rows,)]
    assert previous.read_text() == "the one before"


def test_a_file_that_is_written_is_left_alone(copy: Warehouse) -> None:
    with copy.connect(read_only=False):
        ran = compact(copy.path)
    assert ran.returncode == 1 and len(ran.stderr.splitlines()) == 1
    assert "cannot read the warehouse" in ran.stderr or "cannot compact" in ran.stderr


def test_changes_beside_the_file_are_not_lost(copy: Warehouse) -> None:
    before = digest(copy.path)
    wal(copy.path).write_bytes(b"changes")
    ran = compact(copy.path)
    assert ran.returncode == 1 and ".wal" in ran.stderr
    assert digest(copy.path) == before and wal(copy.path).exists()


def test_a_copy_that_finds_no_room_leaves_the_file(grown: Path) -> None:
    before = digest(grown)
    ran = subprocess.run(
        ["bash", "-c", f"ulimit -f 1000; exec {sys.executable} -m smartsentry.cli compact"],
        cwd=ROOT,
        env=environment() | {"SMARTSENTRY_DB": str(grown)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert len(ran.stderr.splitlines()) == 1 and "it is as it was" in ran.stderr
    assert digest(grown) == before
