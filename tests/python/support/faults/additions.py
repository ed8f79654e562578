"""Rows are added to a published warehouse, and that ends before its end."""

import os
import shutil
import signal
import time
from pathlib import Path

import duckdb

from faults.place import UNTOUCHED, Place, copy_project, digest
from faults.tally import Tally


def a_last_day(place: Place, folder: Path) -> Path:
    """Return a file with a row more than a published warehouse has."""
    raw = folder / "day.duckdb"
    shutil.copy(place.path, raw)
    with duckdb.connect(raw) as con:
        con.execute(
            "insert into raw.transactions select * replace ('T999999' as transaction_id)"
            " from raw.transactions where transaction_id = 'T1'"
        )
    return raw


def kills(place: Place, raw: Path, moments: list[float]) -> Tally:
    """SIGKILL of the whole group so many seconds after the rows began to be added, and Ctrl-C."""
    tally = Tally("SIGKILL, SIGINT of an addition")
    for number, seconds in enumerate(moments):
        before = digest(place.path)
        process = place.command("add", "--raw", str(raw))
        place.wait_until_begun(process)
        time.sleep(seconds)
        stops = number == len(moments) - 1
        os.killpg(process.pid, signal.SIGINT if stops else signal.SIGKILL)
        code = process.wait()
        place.wait_until_at_rest()
        place.judge(tally, before, code if stops else None)
        if stops:
            tally.expect(code == 128 + signal.SIGINT, f"exit code {code}")
            tally.expect(place.last_line() == f"Stopped by SIGINT: {UNTOUCHED}.", place.last_line())
    before = digest(place.path)
    code = place.command("add", "--raw", str(raw)).wait()
    place.judge(tally, before, code)
    tally.expect(code == 0, place.said())
    tally.expect("1 new" in place.said(), place.said())
    left = sorted(path.name for path in place.files.lock.parent.iterdir())
    tally.expect(left == [place.files.lock.name], f"left in build/: {left}")
    return tally


def failed_check(folder: Path, published: Path) -> Tally:
    """A data test fails on the added rows: exit code 1, nothing published."""
    tally = Tally("a data test fails on added rows")
    project = folder / "project"
    copy_project(project)
    place = Place(folder, root=project)
    shutil.copy(published, place.path)
    raw = a_last_day(place, folder)
    check = project / "tests/dbt/singular/there_is_no_such_row.sql"
    check.write_text("select 1 from {{ ref('transactions') }} where transaction_id = 'T999999'")
    before = digest(place.path)
    code = place.command("add", "--raw", str(raw)).wait()
    place.judge(tally, before, code)
    tally.expect(code == 1, f"exit code {code}")
    tally.expect("Failure in test there_is_no_such_row" in place.said(), "dbt's words are missing")
    tally.expect(UNTOUCHED in place.last_line(), place.last_line())
    return tally
