"""A published warehouse in a folder of its own, the builds run on it, and how each is judged."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import count
from pathlib import Path

import duckdb

from faults.tally import Tally
from smartsentry.build.build_info import differences
from smartsentry.build.publish import Files

ROOT = Path(__file__).resolve().parents[4]
UNTOUCHED = "nothing was published"


def digest(path: Path) -> str | None:
    """Return a hash of a file's bytes, None where there is no file."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def environment() -> dict[str, str]:
    """Return the environment of every process that a fault starts."""
    return os.environ | {"PYTHONPATH": str(ROOT)}


def copy_project(project: Path) -> None:
    """Copy what a build needs of the checkout."""
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("dbt_project", "macros", "raw_layer", "seed_gen", "smartsentry", "tests/dbt"):
        shutil.copytree(ROOT / name, project / name, ignore=ignored)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(ROOT / name, project)


def contents(folder: Path) -> dict[Path, tuple[int, int]]:
    """Return each path under a folder, and of a file when it was changed and its size."""
    found = {}
    for path in sorted(folder.rglob("*")):
        stat = path.lstat()
        found[path] = (stat.st_mtime_ns, stat.st_size) if path.is_file() else (0, 0)
    return found


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
        self.log = artifacts / "dbt.log"
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
        return self.command("build", *data, *options, before_exec=before_exec)

    def command(
        self, *words: str, before_exec: Callable[[], None] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start `smartsentry` in a process group of its own."""
        command = [sys.executable, "-m", "smartsentry.cli", *words]
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
