"""What a day costs beside a whole build, by the days of history before it. Reports only.

    .venv/bin/python tests/bench/bench_days.py            scale 8; 7, 28 and 112 days of history
    .venv/bin/python tests/bench/bench_days.py 2 14 56    scale 2; 14 and 56 days

The day is the last one of the data and has the same rows each time. `build` is
`smartsentry build --raw` of the days before it, `add` then adds the day. Both run all tests. CPU
seconds include child processes; memory is that of the largest process.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import sys
import tempfile
from pathlib import Path

import duckdb

from bench_warehouse import ROOT, Cost, measured

COMMAND = (sys.executable, "-m", "smartsentry.cli")
LENGTHS = ("7", "28", "112")


def part(whole: Path, path: Path, where: str) -> int:
    """Write the transactions that fit to a file; return how many they are.

    The recorded fingerprints stay those of all, so `smartsentry verify` would complain.
    """
    shutil.copy(whole, path)
    with duckdb.connect(path) as con:
        con.execute(f"delete from raw.transactions where not ({where})")
        [[rows]] = con.execute("select count(*) from raw.transactions").fetchall()
    return int(rows)


def quietly(arguments: list[str], warehouse: Path) -> Cost:
    """Run `smartsentry` on a warehouse, its output in a file beside it."""
    log = warehouse.with_name("output.txt")
    line = f'exec "$@" >> "{log}" 2>&1'
    environment = {**os.environ, "SMARTSENTRY_DB": str(warehouse)}
    return measured(["/bin/sh", "-c", line, "sh", *COMMAND, *arguments], environment)


def main() -> None:
    """Build and add at each length of history, and print a table."""
    os.chdir(ROOT)
    scale, *lengths = sys.argv[1:] or ("8",)
    with tempfile.TemporaryDirectory(prefix="smartsentry_bench_") as name:
        folder = Path(name)
        whole, day, history = (folder / f"{rows}.duckdb" for rows in ("whole", "day", "history"))
        measured(
            [sys.executable, "-m", "seed_gen", "--out", str(whole), "--scale", scale, "--quiet"],
            {**os.environ},
        )
        with duckdb.connect(whole, read_only=True) as con:
            [[last]] = con.execute('select max("timestamp")::date from raw.transactions').fetchall()
        rows = part(whole, day, f"timestamp >= '{last}'")
        print(f"Scale {scale}; the day is {last} and has {rows:,} transactions.\n")
        print("| days before | transactions | command | seconds | CPU seconds | peak memory |")
        print("|---:|---:|---|---:|---:|---:|")
        for length in map(int, lengths or LENGTHS):
            first = last - dt.timedelta(days=length)
            rows = part(whole, history, f"timestamp >= '{first}' and timestamp < '{last}'")
            warehouse = folder / f"{length}" / "warehouse.duckdb"
            warehouse.parent.mkdir()
            built = quietly(["build", "--raw", str(history)], warehouse)
            added = quietly(["add", "--raw", str(day)], warehouse)
            for command, cost in (("build", built), ("add", added)):
                print(
                    f"| {length} | {rows:,} | {command} | {cost.seconds:.0f} | {cost.cpu:.0f}"
                    f" | {cost.megabytes:,.0f} MB |",
                    flush=True,
                )
            shutil.rmtree(warehouse.parent)


if __name__ == "__main__":
    main()
