"""The hand-written Polars script that the benchmark compares with gives the warehouse's values.

It shares no line with the SQL or with the oracle, so it is a third opinion on every column.
"""

from pathlib import Path

import duckdb
import pytest

import polars_warehouse
from bench_warehouse import differing, raw_as_parquet
from conftest import Warehouse


@pytest.fixture(scope="module")
def written(small_warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the script makes of the small warehouse's raw tables."""
    folder = tmp_path_factory.mktemp("polars")
    raw_as_parquet(small_warehouse.path, folder / "raw")
    polars_warehouse.build(folder / "raw", folder / "transactions.parquet")
    return folder / "transactions.parquet"


def test_polars_and_sql_agree_on_every_value_and_type(
    small_warehouse: Warehouse, written: Path
) -> None:
    assert differing(small_warehouse.path, written) == {}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("* replace (amount + 0.01 as amount)", {"amount"}),
        ("* replace (null::tinyint as rule_rapid_burst)", {"rule_rapid_burst"}),
        ("* replace (hour::bigint as hour)", {"hour"}),
        ("* exclude (hour)", {"hour"}),
    ],
)
def test_a_difference_is_found(
    small_warehouse: Warehouse, written: Path, tmp_path: Path, change: str, found: set[str]
) -> None:
    with duckdb.connect() as con:
        con.execute(f"copy (select {change} from '{written}') to '{tmp_path}/changed.parquet'")
    assert differing(small_warehouse.path, tmp_path / "changed.parquet").keys() == found


def test_a_missing_row_is_found(small_warehouse: Warehouse, written: Path, tmp_path: Path) -> None:
    with duckdb.connect() as con:
        con.execute(f"copy (from '{written}' offset 1) to '{tmp_path}/changed.parquet'")
    assert differing(small_warehouse.path, tmp_path / "changed.parquet")
