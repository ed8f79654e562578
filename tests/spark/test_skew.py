"""One account with very many rows: no window looks at every pair of them, on either engine."""

from pathlib import Path

import pytest

from bench_skew import ENGINES, MODELS, TRANSACTIONS, seconds, write_raw

FEW, MANY = 50_000, 200_000
TRIES = 3  # another program may take the machine's time, but not each time


@pytest.mark.parametrize("engine", ENGINES)
def test_four_times_the_rows_of_one_account_take_no_sixteen_times_as_long(
    engine: str, tmp_path: Path
) -> None:
    folders = {}
    for rows in (FEW, MANY):
        folders[rows] = tmp_path / str(rows)
        folders[rows].mkdir()
        write_raw(folders[rows], TRANSACTIONS.format(rows=rows, accounts=1))
    few = seconds(engine, folders[FEW], MODELS)
    many = dict.fromkeys(MODELS, float("inf"))
    # Half of the square's 16, and two seconds for what does not grow.
    limits = {model: 8 * few[model] + 2 for model in MODELS}
    for _ in range(TRIES):
        again = seconds(engine, folders[MANY], MODELS)
        many = {model: min(many[model], again[model]) for model in MODELS}
        if all(many[model] < limits[model] for model in MODELS):
            return
    pytest.fail(f"{FEW:,} rows took {few}, {MANY:,} rows {many}")
