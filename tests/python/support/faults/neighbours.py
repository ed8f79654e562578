"""Others at the same file: a second build, readers that hold it, readers during a publish."""

import json
import subprocess
import sys
import time

from faults.place import ROOT, Place, digest
from faults.readers import reader, readers
from faults.tally import Tally
from smartsentry.build.on_duckdb import rollback


def second_build(place: Place) -> Tally:
    """A second build at the same time is refused and names the first, which is not disturbed."""
    tally = Tally("a second build at the same time")
    before = digest(place.path)
    first = place.start()
    place.wait_until_begun(first)
    for command in ("build", "rollback"):
        began = time.monotonic()
        second = subprocess.run(
            [sys.executable, "-m", "smartsentry.cli", command],
            cwd=ROOT,
            env=place.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        said = second.stderr.strip()
        tally.expect(second.returncode == 1, f"{command}: exit code {second.returncode}")
        tally.expect(len(said.splitlines()) == 1, f"{command}: {said}")
        tally.expect(f"being built by process {first.pid} since 20" in said, f"{command}: {said}")
        tally.expect(time.monotonic() - began < 5, f"{command}: refused late")
    place.judge(tally, before, first.wait())
    return tally


def holding_reader(place: Place) -> Tally:
    """A reader that keeps the file open keeps the old build; who opens it anew has the new one."""
    tally = Tally("a reader that holds the file")

    def show(process: subprocess.Popen[str]) -> list:
        process.stdin.write("\n")
        process.stdin.flush()
        tally.reads += 1
        return json.loads(process.stdout.readline())

    with reader("hold", place.path) as holder:
        shown = show(holder)
        before = digest(place.path)
        place.judge(tally, before, place.build())
        again = show(holder)
        with reader("hold", place.path) as newcomer:
            fresh = show(newcomer)
    tally.expect(again == shown, "its content changed")
    tally.expect(fresh[0] != shown[0], "who opens it anew does not see the new build")
    for build_id, signs, found in (shown, again, fresh):
        if signs or found:
            tally.wrong("mixed", f"{build_id}: {signs} {found}")
    return tally


def swaps(place: Place, number: int) -> Tally:
    """Publish over and over with readers: the moment that kills hit too rarely."""
    tally = Tally("publish after publish")
    with readers(place.path, 3, tally, pause=0.2):
        for _ in range(number):
            before = digest(place.files.previous)
            rollback(place.path)
            tally.times += 1
            tally.reopened += digest(place.path) == before
    return tally
