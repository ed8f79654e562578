"""What dbt itself costs, and how many models it should build at a time. Reports only.

python tests/bench/bench_start.py            at scales 0.01 and 1, three runs of each
SCALES='0.01' RUNS=1 python tests/bench/bench_start.py

At scale 0.01 there are 13,000 transactions and next to nothing to compute: what a build with all
data tests takes there is what dbt takes for its nodes. Every run is a process of its own; the
numbers of threads take turns.
"""

import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import duckdb

from bench_warehouse import BIN, ROOT, Cost, measured

THREADS = (1, 2, 4)
BUILD = ("build", "--exclude-resource-type", "unit_test")


def median(costs: list[Cost]) -> str:
    """The cells of a table that show the medians of some runs."""
    seconds = statistics.median(cost.seconds for cost in costs)
    cpu = statistics.median(cost.cpu for cost in costs)
    memory = statistics.median(cost.megabytes for cost in costs)
    return f"{seconds:.1f} | {cpu:.1f} | {memory:,.0f} MB"


def dbt(environment: dict[str, str], *arguments: str) -> Cost:
    """Run dbt."""
    return measured([str(BIN / "dbt"), "--quiet", *arguments], environment)


def before_the_first_node(runs: int, environment: dict[str, str]) -> None:
    """Print what dbt takes to start: its imports, a parse of everything, one of nothing new."""
    parsed = Path(environment["DBT_TARGET_PATH"], "partial_parse.msgpack")
    imports, anew, again = [], [], []
    for _ in range(runs):
        imports.append(measured([sys.executable, "-c", "import dbt.cli.main"], environment))
        parsed.unlink(missing_ok=True)
        anew.append(dbt(environment, "parse"))
        again.append(dbt(environment, "parse"))
    print("\n| before the first node | seconds | CPU seconds | peak memory |")
    print("|---|---:|---:|---:|")
    print(f"| Python imports dbt | {median(imports)} |")
    print(f"| `dbt parse`, the first one | {median(anew)} |")
    print(f"| `dbt parse`, nothing changed | {median(again)} |", flush=True)


def builds(scale: str, runs: int, folder: Path, environment: dict[str, str]) -> None:
    """Print what a build with all data tests takes with each number of threads."""
    seeded, path = folder / f"seeded_{scale}.duckdb", Path(environment["SMARTSENTRY_DB"])
    seed = ["-m", "seed_gen", "--scale", scale, "--out", str(seeded), "--quiet"]
    measured([sys.executable, *seed], environment)
    with duckdb.connect(seeded, read_only=True) as con:
        (rows,) = con.execute("select count(*) from raw.transactions").fetchone()
    taken: dict[int, list[Cost]] = {threads: [] for threads in THREADS}
    for _ in range(runs):
        for threads, costs in taken.items():
            shutil.copy(seeded, path)
            costs.append(dbt(environment, *BUILD, "--threads", str(threads)))
    print(f"\n| scale {scale}, {rows:,} transactions | seconds | CPU seconds | peak memory |")
    print("|---|---:|---:|---:|")
    for threads, costs in taken.items():
        print(f"| `dbt build --threads {threads}` | {median(costs)} |", flush=True)


def main() -> None:
    """Measure and print the tables."""
    os.chdir(ROOT)
    runs = int(os.environ.get("RUNS", "3"))
    print(f"{os.cpu_count()} cores, medians of {runs} runs")
    with tempfile.TemporaryDirectory(prefix="smartsentry_bench_") as folder:
        environment = os.environ | {
            "SMARTSENTRY_DB": f"{folder}/warehouse.duckdb",
            "DBT_TARGET_PATH": f"{folder}/target",
            "DBT_LOG_PATH": folder,
            "PYTHONPATH": str(ROOT),
        }
        before_the_first_node(runs, environment)
        for scale in os.environ.get("SCALES", "0.01 1").split():
            builds(scale, runs, Path(folder), environment)


if __name__ == "__main__":
    main()
