"""What the models cost on Spark, measured from its event log. Reports only.

python tests/bench/bench_spark.py                at scales 0.2 and 1
python tests/bench/bench_spark.py 0.2 1 4        4 is 5.2 million transactions
TESTS=1 python tests/bench/bench_spark.py        with all data tests
MASTER='local[1]' MEMORY=8g python tests/bench/bench_spark.py 1
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import duckdb

from smartsentry.build import children
from smartsentry.build import on_spark as spark

MASTER = os.environ.get("MASTER", f"local[{os.cpu_count()}]")
MEMORY = os.environ.get("MEMORY", spark.DEFAULT_MEMORY)
WITH_TESTS = bool(os.environ.get("TESTS"))


def task_totals(folder: Path) -> Counter[str]:
    """Add up what Spark's event logs in a folder say of all tasks: seconds and bytes."""
    totals: Counter[str] = Counter()
    for log in folder.glob("[!.]*"):
        for line in log.read_text().splitlines():
            event = json.loads(line)
            metrics = event.get("Task Metrics")
            if event["Event"] != "SparkListenerTaskEnd" or metrics is None:
                continue
            totals["tasks"] += 1
            totals["cpu"] += metrics["Executor CPU Time"] / 1e9
            totals["run"] += metrics["Executor Run Time"] / 1e3
            totals["shuffled"] += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]
            totals["spilled"] += metrics["Disk Bytes Spilled"]
            totals["read"] += metrics["Input Metrics"]["Bytes Read"]
            totals["written"] += metrics["Output Metrics"]["Bytes Written"]
            totals["peak"] = max(totals["peak"], metrics["Peak Execution Memory"])
    return totals


def measure(scale: str, folder: Path) -> str:
    """Seed and build in a folder; return a row of the table."""
    raw, work, log = folder / "raw", folder / "work", folder / "events"
    work.mkdir()
    log.mkdir()
    seeder = [*children.SEEDER, "--format", "parquet", "--out", str(raw), "--scale", scale]
    subprocess.run([*seeder, "--quiet"], check=True)
    with duckdb.connect() as con:
        parts = str(raw / "transactions/*.parquet")
        [(rows,)] = con.execute(f"select count(*) from read_parquet('{parts}')").fetchall()
    environment = os.environ | spark._spark_settings(work, MEMORY, MASTER)
    environment["PYSPARK_SUBMIT_ARGS"] = (
        f"--conf spark.eventLog.enabled=true --conf spark.eventLog.dir={log}"
        f" --conf spark.eventLog.compress=false --conf spark.eventLog.rolling.enabled=false"
        f" {environment['PYSPARK_SUBMIT_ARGS']}"
    )
    environment |= {"SMARTSENTRY_RAW": str(raw), "DBT_TARGET_PATH": str(folder / "target")}
    environment["DBT_LOG_PATH"] = environment["DBT_TARGET_PATH"]
    command = [*children.DBT, *spark.TARGET]
    if not WITH_TESTS:
        command += ["--exclude-resource-type", "test"]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=spark.ROOT, env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - began
    if done.returncode != 0:
        raise SystemExit(f"failed: {' '.join(command)}\n{done.stdout[-3000:]}")
    totals = task_totals(log)
    tables = sum(path.stat().st_size for path in (work / "tables").rglob("*.parquet"))
    return (
        f"| {scale} | {rows:,} | {seconds:.0f} | {totals['run']:.0f} | {totals['cpu']:.0f} "
        f"| {1e6 * totals['cpu'] / rows:.0f} | {totals['tasks']:,} "
        f"| {totals['shuffled'] / 1e6:,.0f} MB | {totals['shuffled'] / rows:,.0f} "
        f"| {totals['spilled'] / 1e6:,.0f} MB | {totals['peak'] / 1e6:,.0f} MB "
        f"| {tables / 1e6:,.0f} MB |"
    )


def main() -> None:
    """Measure each scale given and print a table."""
    what = "models and data tests" if WITH_TESTS else "models"
    print(f"{what}, {MASTER}, driver {MEMORY}, load average {os.getloadavg()[0]:.1f}")
    print(
        "| scale | transactions | seconds | task seconds | CPU seconds of tasks | per million rows"
        " | tasks | shuffled | bytes a row | spilled | most memory of a task | tables |"
    )
    print("|---:" * 12 + "|")
    for scale in sys.argv[1:] or ("0.2", "1"):
        with tempfile.TemporaryDirectory(prefix="smartsentry_spark_") as folder:
            print(measure(scale, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
