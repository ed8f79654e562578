"""What the dead leave beside the published file."""

import json
import subprocess
import sys

import duckdb

from faults.place import Place, digest
from faults.tally import Tally
from raw_layer.files import wal

_WRITE_AND_DIE = """
import duckdb, os, sys
con = duckdb.connect(sys.argv[1])
con.execute("create table leftover (a integer)")
con.execute("drop table leftover")
os._exit(1)
"""


def stale_wal(place: Place) -> Tally:
    """A writer died and left a .wal beside the published file: it must not meet a new file."""
    tally = Tally("a stale .wal beside the published file")
    subprocess.run([sys.executable, "-c", _WRITE_AND_DIE, str(place.path)], check=False)
    log = wal(place.path)
    tally.expect(log.exists(), "the writer left no .wal")
    before, log_before = digest(place.path), digest(log)
    code = place.build()
    said = place.last_line()
    tally.expect(code == 1 and str(log) in said, f"exit code {code}: {said}")
    tally.expect(digest(log) == log_before, "the .wal changed")
    place.judge(tally, before, code)
    duckdb.connect(place.path).close()  # what the sentence says: take the changes in
    tally.expect(not log.exists(), "the .wal was not taken in")
    return tally


def stale_leftovers(place: Place) -> Tally:
    """A dead build left its lock, its side file, a .wal and temporary files: all are cleared."""
    tally = Tally("a stale lock and leftovers")
    dead = subprocess.check_output(
        [sys.executable, "-c", "import os; print(os.getpid())"], text=True
    )
    files = place.files
    files.lock.write_text(
        json.dumps({"process": int(dead), "since": "long ago", "command": "smartsentry"})
    )
    files.side.parent.mkdir(exist_ok=True)
    for leftover in (files.side, wal(files.side)):
        leftover.write_bytes(b"not a database")
    temporary = files.side.with_name(files.side.name + ".tmp")
    temporary.mkdir()
    (temporary / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"spilled")
    before = digest(place.path)
    code = place.build()
    tally.expect(code == 0, place.last_line())
    place.judge(tally, before, code)
    tally.expect(not files.side.parent.exists(), "the side file's folder is still there")
    return tally
