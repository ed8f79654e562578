"""What the warehouse costs beside what else one could do, in time and memory. Reports only.

    make bench                       scales 1 and 8, five runs of each
    make bench SCALES=0.2 RUNS=1     a first look
    make bench SCALES=8 ALONE=1      a, b, c and d alone, without what is timed apart
    make bench SCALES=80 RUNS=1      100 million transactions: half an hour a way, 100 GB of disk

Four ways to the same table, `main.transactions` with everything that it is made of:

a  `dbt build` of it, without tests
b  the SQL that dbt ran, run again in one connection
c  polars_warehouse.py beside this file, from Parquet to Parquet; its values must be the table's,
   where it has no columns of the network
d  the floor: one plain copy of the finished table into another file

Each run is a process of its own on a fresh copy of the seeded file. The ways take turns, so that
whatever else the machine does meets all of them; what is shown are medians, and the ratios are
those of the runs of one turn. CPU seconds are user and system time of the process, on all threads.
What comes after `transactions` (hits, alerts, evaluation), the whole build with its data tests and
the SQL of all models alone are timed apart, once a turn.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from smartsentry.build.capacity import ROWS_AT_SCALE_1
from smartsentry.project import ROOT

BIN = Path(sys.executable).parent
THREADS = 2
GOAL = "model.smartsentry.transactions"
NOTEBOOK_SECONDS_A_ROW = 0.58e-3  # for the rules alone
BYTES_A_ROW = 1_000  # of disk: a seeded file, its Parquet files, a warehouse and a copy of it
RAW = (
    *("transactions", "accounts", "customers", "devices", "beneficiaries"),
    *("dormant_accounts", "inactive_accounts", "generation_run"),
)
MODELS_ONLY = ("--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
WAYS = {
    "a": "dbt build, no tests",
    "b": "the same SQL, directly",
    "c": "Polars script",
    "d": "floor: copy the result",
    "rest": "dbt build of what follows",
    "all": "dbt build with all data tests",
    "sql": "SQL of all models, directly",
}


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    seconds: float
    cpu: float  # seconds of user and system time
    megabytes: float  # at the peak


def measured(command: list[str], environment: dict[str, str]) -> Cost:
    """Run a command in a process of its own."""
    started = time.perf_counter()
    pid = os.posix_spawn(command[0], command, environment)
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"failed: {' '.join(command)}")
    return Cost(
        time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    )


# ── What the processes do ────────────────────────────────────────────────────────────────────


def opened(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection with the memory and threads that a build has."""
    limit = os.environ.get("SMARTSENTRY_MEMORY_LIMIT", "40%")
    return duckdb.connect(path, config={"threads": THREADS, "memory_limit": limit})


def run_sql(path: Path, target: Path, goal: str) -> None:
    """Run what dbt ran for a model and all that it is made of, or for `all` models, in order."""
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    built = {
        name: [other for other in node["depends_on"]["nodes"] if other in nodes]
        for name, node in nodes.items()
        if node["resource_type"] == "model" and node["config"]["materialized"] != "ephemeral"
    }
    if goal != "all":
        wanted: set[str] = set()
        open_ends = [goal]
        while open_ends:
            name = open_ends.pop()
            if name in built and name not in wanted:
                wanted.add(name)
                open_ends += built[name]
        built = {name: parents for name, parents in built.items() if name in wanted}
    with opened(path) as con:
        for name in TopologicalSorter(built).static_order():
            if name in built:
                file = target / "run" / nodes[name]["package_name"]
                sql = (file / nodes[name]["original_file_path"]).read_text()
                con.execute(sql.replace("__dbt_tmp", ""))
        con.execute("checkpoint")


def copy_transactions(path: Path, out: Path) -> None:
    """Write the finished table once more, into a file of its own."""
    with opened(out) as con:
        con.execute(f"attach '{path}' as built (read_only)")
        con.execute("create table copy as select * from built.main.transactions")
        con.execute("checkpoint")


def rules_alone(path: Path, target: Path) -> float:
    """Seconds of the 50 rules, their totals and both scores over features that are in memory.

    Every column they make is read, none is written.
    """
    models = target / "compiled/smartsentry/dbt_project/models"
    with duckdb.connect(config={"threads": THREADS}) as con:
        con.execute(f"attach '{path}' as built (read_only)")
        # What dbt compiled names the file that it was compiled for.
        con.execute(f"attach ':memory:' as \"{path.stem}\"")
        con.execute(f'use "{path.stem}"')
        con.execute("create schema rules")
        con.execute("create schema features")
        con.execute("create table rules.rule_catalogue as from built.rules.rule_catalogue")
        con.execute("create view rule_thresholds as from built.main.rule_thresholds")
        features = [
            row[0] for row in con.execute("describe built.features.transaction_features").fetchall()
        ]
        con.execute(
            f"create table features.transaction_features as select {', '.join(features)}"
            " from built.main.transactions"
        )
        sql = (models / "rules/transaction_rules.sql").read_text()
        con.execute(f"create view rules.transaction_rules as {sql}")
        con.execute(f"create view scored as {(models / 'marts/transactions.sql').read_text()}")
        made = [
            row[0] for row in con.execute("describe scored").fetchall() if row[0] not in features
        ]
        query = f"select {', '.join(f'max({name})' for name in made)} from scored"
        seconds = []
        for _ in range(5):
            started = time.perf_counter()
            con.execute(query).fetchall()
            seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def raw_as_parquet(path: Path, folder: Path) -> None:
    """Write the raw tables that the Polars script reads."""
    folder.mkdir(exist_ok=True)
    with duckdb.connect(path, read_only=True) as con:
        for table in RAW:
            con.execute(f"copy raw.{table} to '{folder}/{table}.parquet' (compression lz4)")


def differing(path: Path, parquet: Path) -> dict[str, int]:
    """Columns of `transactions` in which a Parquet file differs, with the number of rows.

    A row or a column that only one of them has counts too, and so does another type. The columns
    of the network and the priority are left out: the Polars script does not make them.
    """
    with duckdb.connect(path, read_only=True) as con:
        con.execute(f"create temp view other as from '{parquet}'")
        ours, theirs = (
            {row[0]: row[1] for row in con.execute(f"describe {table}").fetchall()}
            for table in ("main.transactions", "other")
        )
        ours = {
            name: kind
            for name, kind in ours.items()
            if not name.startswith(("net_", "network_")) and name != "priority_score"
        }
        if odd := {n for n in ours.keys() | theirs.keys() if ours.get(n) != theirs.get(n)}:
            return dict.fromkeys(sorted(odd), -1)
        counts = ", ".join(
            f'count(*) filter (where ours."{name}" is distinct from theirs."{name}")'
            for name in ours
        )
        found = con.execute(
            f"select {counts} from main.transactions as ours"
            " full join other as theirs using (transaction_no)"
        ).fetchone()
    return {name: count for name, count in zip(ours, found, strict=True) if count}


# ── One scale ────────────────────────────────────────────────────────────────────────────────


class Scale:
    """A seeded file in a folder, and the ways that start from it."""

    def __init__(self, scale: str, folder: Path) -> None:
        self.folder = folder
        self.seeded = folder / "seeded.duckdb"
        self.path = folder / "warehouse.duckdb"
        self.built = folder / "built/warehouse.duckdb"  # with transactions, for d
        self.built.parent.mkdir()
        self.parquet = folder / "polars.parquet"
        self.environment = os.environ | {
            "SMARTSENTRY_DB": str(self.path),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder),
            "PYTHONPATH": str(ROOT),
            "POLARS_MAX_THREADS": str(THREADS),
        }
        self.run("-m", "seed_gen", "--scale", scale, "--out", str(self.seeded), "--quiet")
        raw_as_parquet(self.seeded, folder / "raw")
        # A project is parsed once and then only where it changed.
        measured([str(BIN / "dbt"), "--quiet", "parse"], self.environment)
        with duckdb.connect(self.seeded, read_only=True) as con:
            (self.rows,) = con.execute("select count(*) from raw.transactions").fetchone()

    def run(self, *arguments: str) -> Cost:
        """Run Python."""
        return measured([sys.executable, *arguments], self.environment)

    def dbt(self, *arguments: str) -> Cost:
        """Run dbt on this scale's file."""
        return measured(
            [str(BIN / "dbt"), "--quiet", "build", "--threads", str(THREADS), *arguments],
            self.environment,
        )

    def itself(self, *arguments: object) -> Cost:
        """Run one of the jobs of this file."""
        return self.run(__file__, *map(str, arguments))

    def turn(self, alone: bool) -> dict[str, Cost]:
        """Take each way once; alone, not what is timed apart."""
        costs = {}
        target = self.folder / "target"
        self.fresh()
        costs["a"] = self.dbt(*MODELS_ONLY, "--select", "+transactions")
        shutil.copy(target / "run_results.json", self.folder / "run_results_a.json")
        shutil.copy(self.path, self.built)
        self.fresh(seed_from=self.built)
        costs["b"] = self.itself("sql", self.path, target, GOAL)
        polars = Path(__file__).with_name("polars_warehouse.py")
        costs["c"] = self.run(str(polars), str(self.folder / "raw"), str(self.parquet))
        costs["d"] = self.itself("copy", self.built, self.folder / "copy.duckdb")
        (self.folder / "copy.duckdb").unlink()
        if alone:
            return costs
        shutil.copy(self.built, self.path)
        costs["rest"] = self.dbt(*MODELS_ONLY, "--exclude", "+transactions")
        # The SQL of every model has been written to the target folder by now.
        self.fresh(seed_from=self.built)
        costs["sql"] = self.itself("sql", self.path, target, "all")
        self.fresh()
        costs["all"] = self.dbt("--exclude-resource-type", "unit_test")
        return costs

    def fresh(self, seed_from: Path | None = None) -> None:
        """Begin with the seeded file; with dbt's own seed from a built one, where there is one."""
        shutil.copy(self.seeded, self.path)
        if seed_from is not None:
            with duckdb.connect(self.path) as con:
                for schema in ("staging", "features", "network", "rules"):
                    con.execute(f"create schema if not exists {schema}")
                con.execute(f"attach '{seed_from}' as other (read_only)")
                con.execute("create table rules.rule_catalogue as from other.rules.rule_catalogue")

    def models(self) -> list[tuple[str, float]]:
        """Seconds of each model of way a, as dbt measured them, the slowest first."""
        results = json.loads((self.folder / "run_results_a.json").read_text())["results"]
        found = [(item["unique_id"].split(".")[-1], item["execution_time"]) for item in results]
        return sorted(found, key=lambda item: -item[1])


def table(scale: str, rows: int, turns: list[dict[str, Cost]]) -> str:
    """Medians of each way, and the medians of the ratios."""

    def median(way: str, figure: str) -> float:
        return statistics.median(getattr(turn[way], figure) for turn in turns)

    def ratio(over: str, under: str, figure: str) -> float:
        return statistics.median(
            getattr(turn[over], figure) / getattr(turn[under], figure) for turn in turns
        )

    lines = [
        f"\nscale {scale}: {rows:,} transactions, {len(turns)} runs, {THREADS} threads",
        "| | way | seconds | CPU seconds | rows/s | peak memory |",
        "|---|---|---:|---:|---:|---:|",
    ]
    taken = turns[0].keys()
    for way, name in WAYS.items():
        if way not in taken:
            continue
        seconds = median(way, "seconds")
        lines.append(
            f"| {way} | {name} | {seconds:.1f} | {median(way, 'cpu'):.1f} "
            f"| {rows / seconds:,.0f} | {median(way, 'megabytes'):,.0f} MB |"
        )
    lines += ["", "| ratio | seconds | CPU seconds | peak memory |", "|---|---:|---:|---:|"]
    for over, under in (("a", "b"), ("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("all", "sql")):
        if over not in taken:
            continue
        figures = (ratio(over, under, figure) for figure in ("seconds", "cpu", "megabytes"))
        lines.append(f"| {over} / {under} | " + " | ".join(f"{r:.2f}" for r in figures) + " |")
    bars = ", ".join(f"{median(way, 'cpu'):.1f}" for way in "abcd")
    return "\n".join([*lines, "", _PICTURE.format(scale=scale, bars=bars)])


_PICTURE = """\
```mermaid
xychart-beta
    title "scale {scale}, the same table four ways"
    x-axis ["a: dbt build", "b: its SQL", "c: Polars", "d: plain copy"]
    y-axis "CPU seconds"
    bar [{bars}]
```"""


def numbers(name: str, default: str, least: float) -> list[str]:
    """Return the numbers of a variable as they were typed; refuse what is none."""
    given = os.environ.get(name) or default
    for text in given.split():
        try:
            if not least <= float(text) < 10_000:
                raise ValueError
        except ValueError:
            raise SystemExit(
                f"{name} is {given!r}; it must be numbers of at least {least:g}."
            ) from None
    return given.split()


def main() -> None:
    """Take every way at each scale, in turns, and print the tables."""
    os.chdir(ROOT)
    runs = int(float(numbers("RUNS", "5", 1)[0]))
    alone = bool(os.environ.get("ALONE"))
    for scale in numbers("SCALES", "1 8", 0.01):
        with tempfile.TemporaryDirectory(prefix="smartsentry_bench_") as folder:
            needed = float(scale) * ROWS_AT_SCALE_1 * BYTES_A_ROW
            free = shutil.disk_usage(folder).free
            if free < needed:
                raise SystemExit(
                    f"scale {scale} needs {needed / 1e9:.0f} GB in {folder},"
                    f" {free / 1e9:.0f} are free: set TMPDIR to a folder with more"
                )
            print(f"scale {scale}: seeding", file=sys.stderr)
            at_scale = Scale(scale, Path(folder))
            turns = []
            for number in range(1, runs + 1):
                print(
                    f"scale {scale}: run {number} of {runs}, load {os.getloadavg()[0]:.1f}",
                    file=sys.stderr,
                )
                turns.append(at_scale.turn(alone))
            if wrong := differing(at_scale.built, at_scale.parquet):
                raise SystemExit(f"Polars and the warehouse differ: {wrong}")
            print(table(scale, at_scale.rows, turns))
            print("\n| model of way a, as dbt timed it | seconds |\n|---|---:|")
            for name, seconds in at_scale.models()[:8]:
                print(f"| {name} | {seconds:.2f} |")
            a_row = rules_alone(at_scale.built, at_scale.folder / "target") / at_scale.rows
            print(
                f"\nrules, totals and scores alone: {1e6 * a_row:.2f} µs a row,"
                f" {NOTEBOOK_SECONDS_A_ROW / a_row:,.0f} times as fast as the notebook"
            )


if __name__ == "__main__":
    match sys.argv[1:]:
        case []:
            main()
        case ["sql", path, target, goal]:
            run_sql(Path(path), Path(target), goal)
        case ["copy", path, out]:
            copy_transactions(Path(path), Path(out))
        case other:
            raise SystemExit(f"unknown job {other}")
