"""Readers of the published file: processes of their own, as analysts are."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb

from faults.tally import Tally
from smartsentry.build.build_info import differences

ROOT = Path(__file__).resolve().parents[4]
ENVIRONMENT = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests/python/support'}"}


def read(con: duckdb.DuckDBPyConnection) -> tuple[str, list[str]]:
    """Return the id of the build that a file says it is, and every sign that it is not just that.

    Quick, so that many reads fit into a build; `differences` is the thorough form.
    """
    (row,) = con.execute(
        "select build_id, seed, published_at, fingerprints, raw_fingerprints from build_info"
    ).fetchall()
    build_id, seed, published_at, marts, raw = row
    both_sets = "select sum(rule_trigger_count + network_trigger_count) from transactions"
    fired = con.execute(both_sets).fetchone()
    totals = "select count(*), sum(amount), min(transaction_id) from "
    signs = {
        "build_info": published_at is None,
        "checks": con.execute("select bool_and(passed is true) from integrity_checks").fetchone()
        != (True,),
        "run": con.execute("select seed, fingerprints from raw.generation_run").fetchone()
        != (seed, raw),
        "sums": con.execute(totals + "transactions").fetchone()
        != con.execute(totals + "raw.transactions").fetchone(),
        "firings": con.execute("select count(*) from alerts").fetchone() != fired,
    }
    for name, fingerprint in json.loads(marts).items():
        if not fingerprint.startswith("view:"):
            (rows,) = con.execute(f"select count(*) from {name}").fetchone()
            signs[name] = rows != int(fingerprint.split(":")[0])
    return build_id, [name for name, is_wrong in signs.items() if is_wrong]


def poll(path: Path, pause: float) -> None:
    """Open, read and close a file until standard input ends; print what was seen as JSON."""
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    reads, builds, mixed, errors = 0, set(), [], []
    while not ended.wait(pause):
        try:
            with duckdb.connect(path, read_only=True) as con:
                build_id, signs = read(con)
        except Exception as error:  # whatever a reader meets is what we want to know
            errors.append(f"{type(error).__name__}: {str(error).splitlines()[0]}")
            continue
        reads += 1
        builds.add(build_id)
        if signs:
            mixed.append(f"build {build_id}: {', '.join(signs)}")
    print(json.dumps({"reads": reads, "builds": len(builds), "mixed": mixed, "errors": errors}))


def hold(path: Path) -> None:
    """Keep a file open; for each line of standard input print what it shows as JSON."""
    with duckdb.connect(path, read_only=True) as con:
        for _ in sys.stdin:
            print(json.dumps([*read(con), differences(con)]), flush=True)


@contextlib.contextmanager
def reader(mode: str, path: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Run one reader process; its standard input is its lifeline."""
    command = [sys.executable, "-m", __name__, mode, str(path), *options]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as process:
        try:
            yield process
        finally:
            process.stdin.close()


@contextlib.contextmanager
def readers(path: Path, number: int, tally: Tally, pause: float) -> Iterator[None]:
    """Have reader processes poll a file, with so many seconds between; count what they saw."""
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(reader("poll", path, str(pause))) for _ in range(number)]
        yield
        for process in processes:
            process.stdin.close()
            seen = json.loads(process.stdout.read())
            tally.reads += seen["reads"]
            for kind in ("mixed", "errors"):
                for what in seen[kind]:
                    tally.wrong(kind, what)


if __name__ == "__main__":
    {"poll": poll, "hold": hold}[sys.argv[1]](Path(sys.argv[2]), *map(float, sys.argv[3:]))
