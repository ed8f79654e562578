"""Rows a second and peak memory of the seeder, end to end into the file. Reports only.

python tests/bench/bench_seeder.py            at scales 1 and 8
python tests/bench/bench_seeder.py 1 8 80     80 is 100 million transactions: minutes, and 5 GB
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]


def measure(scale: str, out: Path) -> tuple[int, float, float, float]:
    """Seed a file in a process of its own; return rows, seconds, CPU seconds, peak MB."""
    command = [sys.executable, "-m", "seed_gen", "--scale", scale, "--out", str(out), "--quiet"]
    started = time.perf_counter()
    pid = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    seconds = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"failed: {' '.join(command)}")
    with duckdb.connect(str(out), read_only=True) as con:
        [(rows,)] = con.execute("select count(*) from raw.transactions").fetchall()
    return rows, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> None:
    """Measure each scale given and print a table."""
    os.chdir(ROOT)
    print(f"{os.cpu_count()} cores")
    print("| scale | transactions | seconds | CPU seconds | rows/s | peak memory | file |")
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for scale in sys.argv[1:] or ("1", "8"):
        with tempfile.TemporaryDirectory(prefix="smartsentry_bench_") as folder:
            out = Path(folder, "seeded.duckdb")
            rows, seconds, cpu, megabytes = measure(scale, out)
            size = out.stat().st_size / 1e6
        print(
            f"| {scale} | {rows:,} | {seconds:.1f} | {cpu:.1f} | {rows / seconds:,.0f} "
            f"| {megabytes:,.0f} MB | {size:,.0f} MB |",
            flush=True,
        )


if __name__ == "__main__":
    main()
