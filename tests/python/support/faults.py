"""Faults that `smartsentry build` must survive, and a count of what they did.

`test_faults.py` makes each of them a few times; `make chaos` is the long form. What is counted:

times      how often the fault was made
reopened   afterwards the published file opened, and each table was as its own build recorded it
mixed      reads that found tables of different builds, or of an unfinished one
lost       no whole build stood at the published path, the one before was not kept, or a build that
           said it was published was not there
changed    the published file's bytes changed although nothing was published
errors     a reader could not open or read the file, or a build did not end as it should
reads      what the readers read meanwhile, each time opening the file anew
"""

import contextlib
import fcntl
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import click
import duckdb

from raw_layer.files import wal
from smartsentry.arguments import Commands
from smartsentry.build.build_info import differences
from smartsentry.build.on_duckdb import rollback
from smartsentry.build.publish import Files, finish_replacement, replace_published
from smartsentry.project import ROOT

UNTOUCHED = "nothing was published"
FIGURES = ("times", "reopened", "mixed", "lost", "changed", "errors", "reads")


@dataclass
class Tally:
    """One line of the table, and in `problems` a sentence on everything that went wrong."""

    fault: str
    times: int = 0
    reopened: int = 0
    mixed: int = 0
    lost: int = 0
    changed: int = 0
    errors: int = 0
    reads: int = 0
    note: str = ""
    problems: list[str] = field(default_factory=list)

    def wrong(self, kind: str, what: str) -> None:
        """Count one `mixed`, `lost`, `changed` or `errors`."""
        setattr(self, kind, getattr(self, kind) + 1)
        self.problems.append(f"{self.fault}: {kind}: {what}")

    def expect(self, holds: bool, what: str) -> None:
        """Count an error where something does not hold."""
        if not holds:
            self.wrong("errors", what)

    def add(self, other: "Tally") -> None:
        """Take in what another tally of the same fault counted."""
        for name in FIGURES:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.problems += other.problems

    def is_clean(self) -> bool:
        """Whether every trial left a whole file and nothing at all went wrong."""
        return self.times > 0 and self.reopened == self.times and not self.problems


def table(tallies: list[Tally]) -> str:
    """Return the tallies as a table of plain text with a line of totals."""
    total = Tally("total")
    for tally in tallies:
        total.add(tally)
    head = f"{'fault':<40}" + "".join(f"{name:>9}" for name in FIGURES)
    lines = [
        f"{tally.fault:<40}"
        + "".join(f"{getattr(tally, name):>9,}" for name in FIGURES)
        + (f"  {tally.note}" if tally.note else "")
        for tally in [*tallies, total]
    ]
    return "\n".join([head, *lines[:-1], "-" * len(head), lines[-1]])


def digest(path: Path) -> str | None:
    """Return a hash of a file's bytes, None where there is no file."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


# ── Readers: processes of their own, as analysts are ─────────────────────────────────────────


def read(con: duckdb.DuckDBPyConnection) -> tuple[str, list[str]]:
    """Return the id of the build that a file says it is, and every sign that it is not just that.

    Quick, so that many reads fit into a build; `differences` is the thorough form.
    """
    (row,) = con.execute(
        "select build_id, seed, published_at, fingerprints, raw_fingerprints from build_info"
    ).fetchall()
    build_id, seed, published_at, marts, raw = row
    fired = con.execute("select sum(rule_trigger_count) from transactions").fetchone()
    totals = "select count(*), sum(amount), min(transaction_id) from "
    signs = {
        "build_info": published_at is None,
        "checks": con.execute("select bool_and(passed) from integrity_checks").fetchone()
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


def poll(path: Path) -> None:
    """Open, read and close a file until standard input ends; print what was seen as JSON."""
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    reads, builds, mixed, errors = 0, set(), [], []
    while not ended.wait(0.2):
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
def reader(mode: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    """Run one reader process; its standard input is its lifeline."""
    command = [sys.executable, __file__, mode, str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment()
    ) as process:
        try:
            yield process
        finally:
            process.stdin.close()


@contextlib.contextmanager
def readers(path: Path, number: int, tally: Tally) -> Iterator[None]:
    """Have reader processes poll a file all the while; count what they saw."""
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(reader("poll", path)) for _ in range(number)]
        yield
        for process in processes:
            process.stdin.close()
            seen = json.loads(process.stdout.read())
            tally.reads += seen["reads"]
            for kind in ("mixed", "errors"):
                for what in seen[kind]:
                    tally.wrong(kind, what)


# ── Builds ───────────────────────────────────────────────────────────────────────────────────


def environment() -> dict[str, str]:
    """Return the environment of every process that a fault starts."""
    return os.environ | {"PYTHONPATH": str(ROOT)}


class Place:
    """A folder with a published warehouse, and the builds that are run on it."""

    def __init__(self, folder: Path, artifacts: Path | None = None, root: Path = ROOT) -> None:
        """Take an empty folder; dbt's artifacts and output go to another one if it is given."""
        self.path = folder / "warehouse.duckdb"
        self.files = Files.of(self.path)
        self.root = root
        artifacts = artifacts or folder / "artifacts"
        artifacts.mkdir(parents=True, exist_ok=True)
        self.output = artifacts / "output.txt"
        self.environment = environment() | {
            "PYTHONPATH": str(root),
            "SMARTSENTRY_DB": str(self.path),
            "DBT_TARGET_PATH": str(artifacts / "target"),
            "DBT_LOG_PATH": str(artifacts),
        }
        self.seeds = count(1)
        self.whole: dict[str, int] = {}  # digests of the files that were found whole → their seed

    def start(
        self, *options: str, scale: str = "0.01", limit: Callable[[], None] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a build in a process group of its own, with a seed that no other build has.

        It heeds Ctrl-C even where the tests run in a shell's background, which ignores it.
        """

        def before_exec() -> None:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            if limit is not None:
                limit()

        self.seed = next(self.seeds)
        data = ["--scale", scale, "--seed", str(self.seed)]
        command = [sys.executable, "-m", "smartsentry.cli", "build", *data, *options]
        with self.output.open("wb") as output:
            return subprocess.Popen(
                command,
                cwd=self.root,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=before_exec,
            )

    def build(self, *options: str, **how: object) -> int:
        """Build to the end and return the exit code."""
        return self.start(*options, **how).wait()

    def said(self) -> str:
        """Return what the last build printed."""
        return self.output.read_text(errors="replace")

    def last_line(self) -> str:
        """Return the last line that the last build printed."""
        return (self.said().strip().splitlines() or [""])[-1]

    def wait_until_begun(self, build: subprocess.Popen[bytes]) -> None:
        """Wait until a build has written itself into the lock, over what an earlier one left."""
        for _ in range(600):
            with contextlib.suppress(OSError, ValueError, KeyError):
                if json.loads(self.files.lock.read_text())["process"] == build.pid:
                    return
            time.sleep(0.02)
        raise TimeoutError("no build has begun")

    def wait_until_at_rest(self) -> None:
        """Wait until no process of a build is left: the lock is free."""
        if not self.files.lock.exists():
            return
        with self.files.lock.open() as lock:
            for _ in range(1500):
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    return
                time.sleep(0.02)
        raise TimeoutError("a process of a build is still there")

    def judge(self, tally: Tally, before: str | None, code: int | None) -> bool:
        """Count one trial from what stands there now; return whether something was published.

        Args:
            tally: Where it is counted.
            before: Digest of the published file before the trial.
            code: The build's exit code; None where it was killed, then either outcome is right.
        """
        tally.times += 1
        after = digest(self.path)
        published = after != before
        if after is None:
            tally.wrong("lost", "there is no published file")
            return False
        if published and code not in (0, None):
            tally.wrong("changed", f"a build that ended with {code} changed the published file")
        if not published and code == 0:
            tally.wrong("lost", "a build ended with 0 and is not published")
        if published and before not in (digest(self.files.previous), digest(self.files.outgoing)):
            tally.wrong("lost", "the one before was not kept")
        seed = self._inspect(self.path, tally, "mixed")
        if published and seed != self.seed:
            tally.wrong("lost", f"published is the build with seed {seed}, not {self.seed}")
        tally.reopened += seed is not None
        if self.files.previous.exists():
            self._inspect(self.files.previous, tally, "lost")
        return published

    def _inspect(self, path: Path, tally: Tally, kind: str) -> int | None:
        """Return the seed of a whole build; count what is wrong with it and return None."""
        try:
            with duckdb.connect(path, read_only=True) as con:
                (seed,) = con.execute("select seed from build_info").fetchone()
                bytes_ = digest(path)
                # The same bytes were the same content before.
                found = [] if self.whole.get(bytes_) == seed else differences(con)
        except (duckdb.Error, TypeError) as error:
            tally.wrong("errors", f"{path.name}: {error}")
            return None
        if found:
            tally.wrong(kind, f"{path.name}: {'; '.join(found)}")
            return None
        self.whole[bytes_] = seed
        return seed


# ── Faults while a build runs ────────────────────────────────────────────────────────────────


def kills(folder: Path, number: int, lanes: int = 2, seed: int = 5) -> Tally:
    """SIGKILL at random moments spread over a whole build, with readers all the while.

    Every other kill takes the whole process group, as a machine that goes down; the others take
    the builder alone. Each following build finds what the killed one left.
    """
    rng = random.Random(seed)
    # One moment in each of `number` equal parts of a build, and a little beyond its end.
    moments = [1.05 * (part + rng.random()) / number for part in range(number)]
    rng.shuffle(moments)
    tally = Tally("SIGKILL of a build")
    with ThreadPoolExecutor(lanes) as pool:
        shares = [moments[lane::lanes] for lane in range(lanes)]
        folders = [folder / f"lane_{lane}" for lane in range(lanes)]
        published = 0
        for part, part_published in pool.map(_kill_lane, folders, shares):
            tally.add(part)
            published += part_published
    tally.note = f"{published} of them after the publish"
    return tally


def _kill_lane(folder: Path, moments: list[float]) -> tuple[Tally, int]:
    tally, published = Tally("SIGKILL of a build"), 0
    place = Place(folder)
    tally.expect(place.build() == 0, place.last_line())
    with readers(place.path, 1, tally):
        began = time.monotonic()
        tally.expect(place.build() == 0, place.last_line())
        whole = time.monotonic() - began
        for trial, moment in enumerate(moments):
            before = digest(place.path)
            process = place.start()
            try:
                code = process.wait(moment * whole)
                tally.expect(code == 0, place.last_line())
            except subprocess.TimeoutExpired:
                code = None
                if trial % 2:
                    process.kill()
                else:
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            killed = time.monotonic()
            place.wait_until_at_rest()
            tally.expect(time.monotonic() - killed < 3, "what a killed build started went on")
            published += place.judge(tally, before, code)
        tally.expect(place.build() == 0, place.last_line())
    left = sorted(path.name for path in (folder / "build").iterdir())
    tally.expect(left == [place.files.lock.name], f"left in build/: {left}")
    return tally, published


def stops(place: Place, trials: list[tuple[signal.Signals, float]]) -> Tally:
    """Ctrl-C and SIGTERM: one sentence, exit code 128 + number, nothing published."""
    tally = Tally("SIGINT, SIGTERM")
    for number, seconds in trials:
        before = digest(place.path)
        process = place.start()
        place.wait_until_begun(process)
        time.sleep(seconds)
        if number == signal.SIGINT:
            os.killpg(process.pid, number)  # as a terminal does
        else:
            process.send_signal(number)
        code = process.wait()
        place.wait_until_at_rest()
        place.judge(tally, before, code)
        sentence = f"Stopped by {number.name}: {UNTOUCHED}."
        tally.expect(code == 128 + number, f"{number.name}: exit code {code}")
        tally.expect(place.last_line() == sentence, f"{number.name}: said {place.last_line()}")
        tally.expect("Traceback" not in place.said(), f"{number.name}: a traceback")
    return tally


def killed_child(place: Place) -> Tally:
    """The system kills dbt alone, as it does when memory runs out: the builder says so."""
    tally = Tally("SIGKILL of dbt alone")
    before = digest(place.path)
    process = place.start()
    place.wait_until_begun(process)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    for _ in range(1000):
        for child in children.read_text().split():
            if b"dbt" in Path(f"/proc/{child}/cmdline").read_bytes():
                os.kill(int(child), signal.SIGKILL)
        if process.poll() is not None:
            break
        time.sleep(0.02)
    code = process.wait()
    place.judge(tally, before, code)
    tally.expect(code == 1, f"exit code {code}")
    tally.expect("dbt build was killed by signal 9" in place.last_line(), place.last_line())
    return tally


def failed_check(folder: Path, published: Path) -> Tally:
    """A data test that fails: exit code 1 and where to look, nothing published."""
    tally = Tally("a data test fails")
    project = folder / "project"
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("dbt_project", "macros", "raw_layer", "seed_gen", "smartsentry", "tests/dbt"):
        shutil.copytree(ROOT / name, project / name, ignore=ignored)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / name, project)
    place = Place(folder, root=project)
    shutil.copy(published, place.path)
    check = project / "tests/dbt/singular/no_amount_is_above_1.sql"
    check.write_text("select 1 from {{ ref('transactions') }} where amount > 1")
    before = digest(place.path)
    code = place.build()
    place.judge(tally, before, code)
    tally.expect(code == 1, f"exit code {code}")
    tally.expect("Failure in test no_amount_is_above_1" in place.said(), "dbt's words are missing")
    said = place.last_line()
    tally.expect(UNTOUCHED in said and str(place.files.side) in said, said)
    with duckdb.connect(place.files.side, read_only=True) as con:
        failed = con.execute('select "check" from integrity_checks where not passed').fetchall()
    tally.expect(("no_amount_is_above_1",) in failed, f"the side file says {failed}")
    return tally


# ── Too little of something ──────────────────────────────────────────────────────────────────


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a small file system of its own.

    Raises:
        PermissionError: this user may not.
    """
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(["mount", *options], capture_output=True, text=True, check=False)
        reason = mounted.stderr.strip()
    except FileNotFoundError as error:
        mounted, reason = None, str(error)
    if mounted is None or mounted.returncode != 0:
        raise PermissionError(f"a small tmpfs cannot be mounted here: {reason}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def full_disk(folder: Path, published: Path, free_megabytes: list[float]) -> Tally:
    """The disk fills up at different steps of a build; with room again, a build publishes."""
    tally = Tally("full disk")
    with small_disk(folder / "disk", 64) as disk:
        place = Place(disk, artifacts=folder / "artifacts")
        shutil.copy(published, place.path)
        before = digest(place.path)
        ballast = disk / "ballast"
        for free in free_megabytes:
            _clear(place)
            room = shutil.disk_usage(disk).free - int(free * 1e6)
            with ballast.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, max(room, 1))
            code = place.build()
            place.judge(tally, before, code)
            tally.expect(code in (1, 2), f"{free} MB free: exit code {code}")
            tally.expect("Traceback" not in place.last_line(), place.last_line())
            ballast.unlink()
        tally.expect(place.build() == 0, "with room again: " + place.last_line())
        tally.expect(digest(place.files.previous) == before, "the one before was not kept")
    return tally


def _clear(place: Place) -> None:
    """Remove what the last build left, so that what is free can be measured."""
    shutil.rmtree(place.files.side.parent, ignore_errors=True)


def small_files(place: Place, megabytes: list[float]) -> Tally:
    """The system refuses to let a file grow: needs no privilege, unlike a full disk."""
    tally = Tally("no file may grow beyond a limit")
    for limit in megabytes:
        size = int(limit * 1e6)
        before = digest(place.path)
        code = place.build(
            limit=lambda size=size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        )
        place.judge(tally, before, code)
        tally.expect(code in (1, 2), f"{limit} MB: exit code {code}")
    return tally


def little_memory(place: Place, limits: list[str]) -> Tally:
    """DuckDB may use little memory: the build spills and publishes, or stops and says so."""
    tally = Tally("too little memory")
    ended = []
    for limit in limits:
        before = digest(place.path)
        code = place.build("--memory-limit", limit)
        place.judge(tally, before, code)
        tally.expect(code in (0, 1), f"{limit}: exit code {code}")
        if code:
            tally.expect("Out of Memory" in place.said(), f"{limit}: {place.last_line()}")
        ended.append(f"{limit} {'stopped' if code else 'published'}")
    tally.note = ", ".join(ended)
    return tally


def spills(place: Place, scale: str, limit: str) -> Tally:
    """With less memory than a step needs, DuckDB's temporary files are there, and go again."""
    tally = Tally("memory spills to disk")
    before = digest(place.path)
    process = place.start("--memory-limit", limit, scale=scale)
    temporary = place.files.side.with_name(place.files.side.name + ".tmp")
    peak = 0
    while process.poll() is None:
        with contextlib.suppress(FileNotFoundError):
            peak = max(peak, sum(part.stat().st_size for part in temporary.iterdir()))
        time.sleep(0.05)
    place.judge(tally, before, process.returncode)
    code = process.returncode
    tally.expect(code in (0, 1), place.last_line())
    tally.expect(peak > 0, "nothing was spilled")
    ended = "stopped" if code else "published"
    tally.note = f"scale {scale}, {limit}: {peak / 1e6:,.0f} MB spilled, {ended}"
    return tally


# ── Others at the same file ──────────────────────────────────────────────────────────────────


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
    with readers(place.path, 3, tally):
        for _ in range(number):
            before = digest(place.files.previous)
            rollback(place.path)
            tally.times += 1
            tally.reopened += digest(place.path) == before
    return tally


# ── What the dead leave ──────────────────────────────────────────────────────────────────────

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
    dead = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], **_TEXT)
    files = place.files
    files.lock.write_text(
        json.dumps({"process": int(dead.stdout), "since": "long ago", "command": "smartsentry"})
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


_TEXT = {"capture_output": True, "text": True, "check": True}


def crash_points(folder: Path) -> Tally:
    """A kill before each call to the file system of a publish, a rollback and their repair."""
    tally = Tally("SIGKILL inside publish and rollback")
    for case, stands in enumerate(({}, {"published": "A"}, {"published": "B", "previous": "A"})):
        for action in ("publish", "rollback"):
            if action == "rollback" and "previous" not in stands:
                continue
            for first in count(1):
                survived = False
                for second in count(1):
                    place = folder / f"{case}-{action}-{first}-{second}"
                    files = _stand(place, stands)
                    source = files.side if action == "publish" else files.previous
                    survived = _die_at_call(first, replace_published, source, files)
                    _judge_names(tally, files, stands, action)
                    repaired = _die_at_call(second, finish_replacement, files)
                    _judge_names(tally, files, stands, action)
                    finish_replacement(files)
                    tally.times += 1
                    tally.reopened += _judge_names(tally, files, stands, action, finished=True)
                    shutil.rmtree(place)
                    if repaired:
                        break
                if survived:
                    break
    return tally


def _stand(folder: Path, stands: dict[str, str]) -> Files:
    """Make a published and a previous file that hold just a letter, and a side file with N."""
    files = Files.of(folder / "x.duckdb")
    files.side.parent.mkdir(parents=True)
    files.side.write_text("N")
    for name, letter in stands.items():
        getattr(files, name).write_text(letter)
    return files


def _die_at_call(number: int, action: Callable[..., None], *arguments: object) -> bool:
    """Run an action in a child that is killed before its n-th call; return whether it survived."""
    child = os.fork()
    if child == 0:
        made = count(1)

        def deadly(call: Callable) -> Callable:
            def made_deadly(*args: object, **kwargs: object) -> object:
                if next(made) == number:
                    os.kill(os.getpid(), signal.SIGKILL)
                return call(*args, **kwargs)

            return made_deadly

        for name in ("link", "replace", "unlink", "fsync", "fchmod", "open"):
            setattr(os, name, deadly(getattr(os, name)))
        try:
            action(*arguments)
        except BaseException:  # the child must not go on as its parent
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in (0, -signal.SIGKILL):
        raise RuntimeError(f"{action.__name__} failed by itself with {code}")
    return code == 0


def _judge_names(
    tally: Tally, files: Files, stands: dict[str, str], action: str, finished: bool = False
) -> bool:
    """Count what the published and the previous file may not hold; return whether all is well."""

    def content(path: Path) -> str | None:
        return path.read_text() if path.exists() else None

    old, older = stands.get("published"), stands.get("previous")
    new = "N" if action == "publish" else older
    published, previous = content(files.published), content(files.previous)
    if published not in (old, new):
        tally.wrong("lost", f"{action}: published is {published}")
    elif finished and previous not in {
        (older if published == old else old),
        *([] if old else [None]),
    }:
        tally.wrong("lost", f"{action}: {published} is published and {previous} before it")
    elif finished and files.outgoing.exists():
        tally.wrong("errors", f"{action}: a second name is left")
    else:
        return True
    return False


# ── All of them ──────────────────────────────────────────────────────────────────────────────


@click.group(cls=Commands)
def main() -> None:
    """Faults of a build, and the readers that watch them."""


@main.command("poll")
@click.argument("path", type=Path)
def poll_command(path: Path) -> None:
    """Read PATH over and over until standard input ends."""
    poll(path)


@main.command("hold")
@click.argument("path", type=Path)
def hold_command(path: Path) -> None:
    """Keep PATH open and show it at every line of standard input."""
    hold(path)


@main.command()
@click.option("--kills", "number", type=click.IntRange(1), default=200, show_default=True)
def chaos(number: int) -> None:
    """Make every fault many times and print the table."""
    tallies: list[Tally] = []

    def took(tally: Tally) -> None:
        tallies.append(tally)
        click.echo(f"{time.monotonic() - began:7.0f} s  {tally.fault}", err=True)

    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="smartsentry_chaos_") as name:
        folder = Path(name)
        took(kills(folder / "kills", number))
        place = Place(folder / "place")
        if place.build() != 0:
            raise click.ClickException(place.said())
        moments = [0.5 * step for step in range(1, 9)]
        numbers = (signal.SIGINT, signal.SIGTERM)
        took(stops(place, [(number, moment) for number in numbers for moment in moments]))
        took(killed_child(place))
        took(failed_check(folder / "failed", place.path))
        try:
            took(full_disk(folder, place.path, [step * 0.75 for step in range(13)]))
        except PermissionError as error:
            click.echo(str(error), err=True)
        took(small_files(place, [2, 3, 4, 5, 6, 7, 8, 9]))
        took(little_memory(place, ["20MB", "30MB", "40MB", "50MB", "60MB", "80MB", "100MB"]))
        took(spills(place, "0.5", "300MB"))
        took(second_build(place))
        took(holding_reader(place))
        took(swaps(place, 1000))
        took(stale_wal(place))
        took(stale_leftovers(place))
        took(crash_points(folder / "crash"))
    click.echo(table(tallies))
    problems = [problem for tally in tallies for problem in tally.problems]
    if problems or not all(tally.is_clean() for tally in tallies):
        raise click.ClickException("\n".join(["not every promise held:", *problems]))


if __name__ == "__main__":
    main()
