"""One account with very many rows: no window looks at every pair of them, on either engine."""

from pathlib import Path

import pytest
from bench_skew import ENGINES, MODELS, seconds, write_raw

FEW, MANY = 50_000, 200_000


@pytest.mark.parametrize("engine", ENGINES)
def test_four_times_the_rows_of_one_account_take_no_sixteen_times_as_long(
    engine: str, tmp_path: Path
) -> None:
    took = {}
    for rows in (FEW, MANY):
        folder = tmp_path / str(rows)
        folder.mkdir()
        write_raw(folder, rows, accounts=1)
        took[rows] = seconds(engine, folder)
    for model in MODELS:
        # Half of the square's 16, and two seconds for whatever else the machine does.
        assert took[MANY][model] < 8 * took[FEW][model] + 2, took
