"""Rows a second and peak memory of the seeder, end to end into the file. Reports only.

python tests/bench/bench_seeder.py            at scales 1 and 8
python tests/bench/bench_seeder.py 1 8 80     80 is 100 million transactions: minutes, and 5 GB
"""

import os
import sys
import tempfile
from pathlib import Path

import duckdb

from bench_warehouse import ROOT, Cost, measured


def measure(scale: str, out: Path) -> tuple[int, Cost]:
    """Seed a file in a process of its own; return its transactions and what it took."""
    command = [sys.executable, "-m", "seed_gen", "--scale", scale, "--out", str(out), "--quiet"]
    cost = measured(command, dict(os.environ))
    with duckdb.connect(str(out), read_only=True) as con:
        [(rows,)] = con.execute("select count(*) from raw.transactions").fetchall()
    return rows, cost


def main() -> None:
    """Measure each scale given and print a table."""
    os.chdir(ROOT)
    print(f"{os.cpu_count()} cores")
    print("| scale | transactions | seconds | CPU seconds | rows/s | peak memory | file |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for scale in sys.argv[1:] or ("1", "8"):
        with tempfile.TemporaryDirectory(prefix="smartsentry_bench_") as folder:
            out = Path(folder, "seeded.duckdb")
            rows, cost = measure(scale, out)
            size = out.stat().st_size / 1e6
        print(
            f"| {scale} | {rows:,} | {cost.seconds:.1f} | {cost.cpu:.1f} "
            f"| {rows / cost.seconds:,.0f} | {cost.megabytes:,.0f} MB | {size:,.0f} MB |",
            flush=True,
        )


if __name__ == "__main__":
    main()
