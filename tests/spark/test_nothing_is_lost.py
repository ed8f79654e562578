"""A build on Spark that fails or is stopped leaves what was published as it was."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import pytest

from seed_gen import cli
from seed_gen.config import load_config
from smartsentry.project import ROOT


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """What an earlier run published."""
    part = tmp_path / "spark/main/alerts/part-00000.parquet"
    part.parent.mkdir(parents=True)
    part.write_text("as it was")
    return tmp_path / "spark"


def started(out: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "smartsentry.cli", "spark", "--out", str(out), *arguments]
    quiet = os.environ | {"DBT_TARGET_PATH": str(out.parent / "target"), "NO_COLOR": "1"}
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=quiet,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background ignores Ctrl-C, and what it starts would too.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def processes_in(folder: Path) -> list[str]:
    """Return the command lines that name a folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = place.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it has just ended
        if str(folder) in words:
            found.append(words)
    return found


def left_by_java() -> set[str]:
    """Return the names that the JVM, Hive and their libraries give to temporary files."""
    named = re.compile(r"(spark-|blockmgr-|artifacts-|liblz4|snappy).*|.*_resources")
    names = (path.name for path in Path(tempfile.gettempdir()).iterdir())
    return {name for name in names if named.fullmatch(name)}


def is_as_it_was(out: Path) -> bool:
    files = [path for path in out.rglob("*") if path.is_file()]
    return [path.read_text() for path in files] == ["as it was"]


def test_raw_data_that_break_the_contract(out: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    cli.run(load_config(None, {"scale": "0.01"}), raw, kind="parquet")
    with duckdb.connect() as con:
        part = raw / "accounts/part-00000.parquet"
        con.execute(f"create table t as select * exclude (avg_balance) from '{part}'")
        con.execute(f"copy t to '{part}'")
    before = left_by_java()
    child = started(out, "--raw", str(raw))
    said, errors = child.communicate(timeout=300)
    assert child.returncode == 1
    assert "raw.accounts.avg_balance is missing" in " ".join((said + errors).split())
    sentence = (
        r"Error: dbt build --target spark failed with exit code \d, see above: nothing was .*"
    )
    assert re.fullmatch(sentence, errors.splitlines()[-1])
    assert is_as_it_was(out)
    assert left_by_java() <= before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_build_that_is_stopped_half_way(out: Path, number: int, tmp_path: Path) -> None:
    child = started(out, "--scale", "0.02")
    tables = tmp_path / "build/spark/tables"
    deadline = time.monotonic() + 300
    while not list(tables.glob("features.db/*/part-*")):
        assert child.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    child.send_signal(number)
    _, errors = child.communicate(timeout=60)
    assert child.returncode == (130 if number == signal.SIGINT else -number)
    if number == signal.SIGINT:
        assert errors.splitlines()[-1] == "Stopped by SIGINT: nothing was published."
    assert is_as_it_was(out)
    deadline = time.monotonic() + 30
    while processes_in(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes_in(tmp_path) == []
