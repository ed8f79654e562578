"""The same models on both engines: every test runs and passes on both, every value is equal."""

import subprocess
import sys
from pathlib import Path

import duckdb

from smartsentry.build import engines
from smartsentry.project import ROOT


def test_every_value_is_equal_to_the_last_bit(duckdb_built, spark_built) -> None:
    found = list(engines.compared(duckdb_built.path, spark_built.path))
    differences = [f"{one.table}: {difference}" for one in found for difference in one.differences]
    assert not differences, "\n".join(differences)
    compared = {one.table: one for one in found}
    assert compared["main.transactions"].rows == compared["raw.transactions"].rows > 200_000
    assert compared["main.transactions"].columns > 100
    with duckdb.connect(duckdb_built.path, read_only=True) as con:
        marts = con.execute(
            "select table_name from information_schema.tables where table_schema = 'main'"
        ).fetchall()
        columns = con.execute(
            "select table_schema || '.' || table_name, column_name from information_schema.columns"
        ).fetchall()
    assert {f"main.{name}" for (name,) in marts} <= compared.keys()
    for table, names in engines.LEFT_OUT.items():
        assert {(table, name) for name in names} <= set(columns)


def ids(*arguments: str) -> set[str]:
    """Return the ids of the nodes that dbt lists."""
    command = [
        *(str(Path(sys.executable).parent / "dbt"), "--quiet", "ls", "--output", "json"),
        *("--output-keys", "unique_id", *arguments),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {line.split('"')[3] for line in done.stdout.splitlines()}


def without_hash(unique_id: str) -> str:
    """Return a node's id; in a data test's the hash depends on how the engine quotes a column."""
    return ".".join(unique_id.split(".")[:3]) if unique_id.startswith("test.") else unique_id


def test_spark_runs_and_passes_every_test_that_duckdb_runs(duckdb_built, spark_built) -> None:
    on_spark = spark_built.results()
    well = ("success", "pass", "no-op")  # an exposure is nothing to run
    assert {name: status for name, status in on_spark.items() if status not in well} == {}
    on_duckdb = duckdb_built.results()
    assert len(set(map(without_hash, on_duckdb))) == len(on_duckdb)
    assert set(map(without_hash, on_duckdb)) - set(map(without_hash, on_spark)) == set()
    unit_tests = ids("--resource-type", "unit_test")
    assert len(unit_tests) > 100
    # This one is of a build that adds to an earlier one, which Spark's never does.
    only_duckdb = {"unit_test.smartsentry.hit_log.unit_hit_log_writes_what_changed"}
    assert unit_tests - on_spark.keys() == only_duckdb


def test_what_is_published_is_parquet_and_nothing_else(spark_built) -> None:
    kinds = {path.suffix for path in spark_built.path.rglob("*") if path.is_file()}
    assert kinds == {".parquet"}
    assert not (spark_built.path.parent / "build/spark").exists()
