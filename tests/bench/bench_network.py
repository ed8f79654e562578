"""What the network adds to the way to `main.transactions`, in time and memory. Reports only.

    .venv/bin/python tests/bench/bench_network.py         scales 1 and 8, three turns of each
    .venv/bin/python tests/bench/bench_network.py 2       scale 2

Two ways, by turns, each in a process of its own on a fresh copy of the seeded file:

with     `dbt build` of `transactions` and all that it is made of, without tests
without  the same with a `transaction_network` of the same columns and no row, so that nothing
         asks for ledger, counterparties, entities, links or chains

CPU seconds are user and system time of the process, on all threads.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import duckdb

from bench_warehouse import MODELS_ONLY, Cost, Scale
from smartsentry.project import ROOT

TURNS = 3
MODEL = "dbt_project/models/network/transaction_network.sql"
PROJECT = ("dbt_project", "macros", "raw_layer", "tests/dbt", "dbt_project.yml", "profiles.yml")


def without_network(folder: Path, built: Path) -> Path:
    """A copy of the project in which transaction_network has its columns and no row."""
    for name in PROJECT:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, folder / name)
    with duckdb.connect(built, read_only=True) as con:
        columns = con.execute("describe network.transaction_network").fetchall()
    nulls = ",\n    ".join(f"cast(null as {kind}) as {name}" for name, kind, *_ in columns)
    (folder / MODEL).write_text(
        f"select\n    {nulls}\nfrom {{{{ ref('stg_transactions') }}}}\nwhere false\n"
    )
    return folder


class Turns(Scale):
    """A seeded file, and the two ways that start from it."""

    def way(self, project: Path) -> Cost:
        """Build a project's `transactions` from the seeded file."""
        self.fresh()
        os.chdir(project)
        cost = self.dbt(*MODELS_ONLY, "--select", "+transactions")
        os.chdir(ROOT)
        return cost


def main() -> None:
    """Take both ways at each scale, in turns, and print the ratios."""
    os.chdir(ROOT)
    print("| scale | transactions | way | seconds | CPU seconds | peak memory |")
    print("|---:|---:|---|---:|---:|---:|")
    for scale in sys.argv[1:] or ("1", "8"):
        with tempfile.TemporaryDirectory(prefix="smartsentry_bench_") as name:
            folder = Path(name)
            at_scale = Turns(scale, folder)
            at_scale.way(ROOT)  # nothing is cold after it; not counted
            other = without_network(folder / "without", at_scale.path)
            turns = [(at_scale.way(ROOT), at_scale.way(other)) for _ in range(TURNS)]
            for way, costs in zip(("with", "without"), zip(*turns, strict=True), strict=True):
                print(f"| {scale} | {at_scale.rows:,} | {way} |", *figures(costs), "|")
            for figure in ("seconds", "cpu", "megabytes"):
                ratios = [getattr(ours, figure) / getattr(theirs, figure) for ours, theirs in turns]
                found = ", ".join(f"{ratio:.2f}" for ratio in sorted(ratios))
                print(f"with / without, {figure}: {statistics.median(ratios):.2f} ({found})")


def figures(costs: tuple[Cost, ...]) -> list[str]:
    """Return the medians of a way's turns."""
    seconds, cpu, peak = (
        statistics.median(getattr(cost, figure) for cost in costs)
        for figure in ("seconds", "cpu", "megabytes")
    )
    return [f"{seconds:.1f} | {cpu:.1f} | {peak:,.0f} MB"]


if __name__ == "__main__":
    main()
