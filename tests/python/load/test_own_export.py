"""The seeder's own tables, exported and loaded again, are the tables that they were."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, Warehouse
from smartsentry.load.loader import load
from smartsentry.load.mapping import LOADABLE

OWN = ROOT / "mappings/smartsentry"


def command(*arguments: str, db: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run `smartsentry` as a user does."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    if db is not None:
        environment["SMARTSENTRY_DB"] = str(db)
    return subprocess.run(
        [sys.executable, "-m", "smartsentry.cli", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def export(small_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory):
    """Write the raw tables of a seeded warehouse in one format; return the folder."""
    written: dict[str, Path] = {}

    def write(ending: str) -> Path:
        if ending not in written:
            written[ending] = folder = tmp_path_factory.mktemp("export")
            how = "format parquet" if ending == "parquet" else "format csv, header"
            with small_warehouse.connect() as con:
                for table in LOADABLE:
                    order = "order by transaction_no" if table == "transactions" else ""
                    relation = f"staging.stg_{table}"
                    con.execute(
                        f"copy (select * from {relation} {order}) to '{folder}/{table}.{ending}'"
                        f" ({how})"
                    )
        return written[ending]

    return write


def raw_differences(con: duckdb.DuckDBPyConnection, table: str) -> int:
    a, b = f"ours.raw.{table}", f"theirs.raw.{table}"
    [[count]] = con.execute(
        f"select count(*) from ((from {a} except all from {b}) union all"
        f" (from {b} except all from {a}))"
    ).fetchall()
    return count


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet"])
def test_the_seeders_own_export_comes_back_as_it_was(
    small_warehouse: Warehouse, export: Callable[[str], Path], tmp_path: Path, ending: str
) -> None:
    out = tmp_path / "loaded.duckdb"
    load(OWN, [f"{export(ending)}/*"], out, max_rejected=0)
    with duckdb.connect() as con:
        con.execute(f"attach '{out}' as ours (read_only)")
        con.execute(f"attach '{small_warehouse.path}' as theirs (read_only)")
        differing = {table: raw_differences(con, table) for table in LOADABLE}
        assert differing == dict.fromkeys(LOADABLE, 0)
        counts = con.execute(
            "select source_table, count(*) from ours.raw.landed_rows group by all"
        ).fetchall()
        for table, count in counts:
            assert con.execute(f"select count(*) from theirs.raw.{table}").fetchone() == (count,)
        assert len(counts) == len(LOADABLE)
        assert con.execute("select count(*) from ours.raw.rejected_rows").fetchone() == (0,)


def test_tables_of_a_duckdb_file_keep_their_ids_beside_new_ones(
    small_warehouse: Warehouse, tmp_path: Path
) -> None:
    out = tmp_path / "loaded.duckdb"
    load(OWN, [str(small_warehouse.path)], out, max_rejected=0)
    with duckdb.connect() as con:
        con.execute(f"attach '{out}' as ours (read_only)")
        con.execute(f"attach '{small_warehouse.path}' as theirs (read_only)")
        assert raw_differences(con, "customers") == 0
        [[same, rows_of_theirs]] = con.execute(
            """
            select
                count(*) filter (where a.amount = b.amount and a.timestamp = b.timestamp),
                (select count(*) from theirs.raw.transactions)
            from ours.raw.transactions as a
            join ours.raw.landed_rows as l
                on l.source_table = 'transactions' and a.transaction_id = 'T' || l.landed_no
            join theirs.raw.transactions as b on b.transaction_id = l.source_id
            """
        ).fetchall()
        assert same == rows_of_theirs > 0


def test_the_warehouse_of_a_loaded_export_equals_the_seeded_one(
    small_warehouse: Warehouse, export: Callable[[str], Path], tmp_path: Path
) -> None:
    """Load, then `build --raw`: every table of `main`, value for value."""
    raw, db = tmp_path / "loaded.duckdb", tmp_path / "built.duckdb"
    loaded = command("load", str(OWN), "--from", f"{export('csv')}/*", "--out", str(raw))
    assert loaded.returncode == 0, loaded.stderr
    assert f"Now run: smartsentry build --raw {raw}" in loaded.stdout
    built = command("build", "--raw", str(raw), db=db)
    assert built.returncode == 0, built.stdout + built.stderr
    with duckdb.connect() as con:
        con.execute(f"attach '{db}' as ours (read_only)")
        con.execute(f"attach '{small_warehouse.path}' as theirs (read_only)")
        tables = con.execute(
            "select table_name from information_schema.tables where table_catalog = 'theirs'"
            " and table_schema = 'main'"
        ).fetchall()
        differing = {}
        for (table,) in tables:
            if table in ("build_info", "build_log", "integrity_checks"):  # when, and how long
                continue
            a, b = f"ours.main.{table}", f"theirs.main.{table}"
            [[differing[table]]] = con.execute(
                f"select count(*) from ((from {a} except all from {b}) union all"
                f" (from {b} except all from {a}))"
            ).fetchall()
    assert {table: count for table, count in differing.items() if count} == {}
    assert len(differing) > 20
