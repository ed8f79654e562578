"""Run the seeder and dbt as child processes that end with the command, and show dbt's progress."""

from __future__ import annotations

import ctypes
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import click

from raw_layer.progress import Progress, duration
from smartsentry.build.publish import Files
from smartsentry.project import ROOT

SEEDER = (sys.executable, "-m", "seed_gen")
DBT = (
    *(str(Path(sys.executable).parent / "dbt"), "build"),
    *("--project-dir", str(ROOT), "--profiles-dir", str(ROOT)),
    *("--exclude-resource-type", "unit_test"),
)

# Warnings to silence: Python's about a killed child would follow the one sentence of the error, and
# Spark's is about a pandas feature that is not used here.
_UNHEARD = (
    "ignore:resource_tracker:UserWarning"
    ",ignore:PySpark does not yet fully support pandas:FutureWarning"
)
_LEFT_OUT = ("Formatting", "MainStackTrace")  # a blank line and a traceback, which the log has
_EARLY = 0.1  # share of the run before which no time left is shown
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def run_seeder(
    arguments: Sequence[str], files: Files, lock: int | None, own_session: bool = False
) -> None:
    """Run the seeder; its table of rows goes to stderr.

    Raises:
        click.ClickException: it failed.
        click.exceptions.Exit: it refused an option, and said so on stderr.
    """
    code = _run([*SEEDER, *arguments], {}, lock, own_session)
    if code == 2:
        raise click.exceptions.Exit(2)
    _require_success("the seeder", code, files)


def run_dbt(
    arguments: Sequence[str],
    environment: Mapping[str, str],
    files: Files,
    lock: int | None = None,
    verbose: bool = False,
    own_session: bool = False,
) -> None:
    """Run `dbt build`: print one progress line, and warnings and failures in full.

    Its log and artifacts are kept in `files.dbt`, or where dbt's own variables say. Each build
    starts a new log; the next build reuses dbt's parsed project and the time of each step.

    Args:
        arguments: What follows `dbt build` and the project's folders.
        environment: Variables that differ from this process's.
        files: The published file and the files around it.
        lock: Descriptor of the build's lock, which the child inherits.
        verbose: Let dbt print its usual output.
        own_session: Run it in its own session, so that its children are killed with it.

    Raises:
        click.ClickException: it failed.
    """
    target = Path(os.environ.get("DBT_TARGET_PATH") or files.dbt / "target")
    log = Path(os.environ.get("DBT_LOG_PATH") or files.dbt, "dbt.log")
    if log.parent == files.dbt:
        files.dbt.mkdir(parents=True, exist_ok=True)
        log.unlink(missing_ok=True)
    settings = {
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        "DBT_TARGET_PATH": str(target),
        "DBT_LOG_PATH": str(log.parent),
        "DBT_LOG_FORMAT": "text" if verbose else "json",
        "DBT_LOG_FORMAT_FILE": "text",
        "DBT_USE_COLORS": str(sys.stdout.isatty()),  # not into files and pipes
        **environment,
    }
    told = None if verbose else _Story(_seconds_before(target))
    code = _run([*DBT, *arguments], settings, lock, own_session, told)
    _require_success(" ".join(["dbt build", *arguments]), code, files, f"the whole log is {log}")
    click.echo(f"{'log':<22}{log}")


def _run(
    command: Sequence[str],
    environment: Mapping[str, str],
    lock: int | None,
    own_session: bool,
    story: _Story | None = None,
) -> int:
    """Run a child, which ends with this process, and return its exit code.

    It inherits the lock's descriptor, so no other build begins while it still writes.
    """
    output = None if story is None else subprocess.PIPE
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": _UNHEARD, **environment},
        pass_fds=() if lock is None else (lock,),
        preexec_fn=_prepare_child,
        start_new_session=own_session,
        stdout=output,
        stderr=None if story is None else subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    try:
        if story is not None and child.stdout is not None:
            story.tell(_lines(child, child.stdout))
        return child.wait()
    except BaseException:
        # A signal interrupted the wait. Java, a child of the child, would print errors as it ends,
        # so it is killed too.
        if own_session:
            os.killpg(child.pid, signal.SIGKILL)
        child.kill()
        child.wait()
        raise


def _prepare_child() -> None:
    """Ignore Ctrl-C, and end with the parent (only on Linux; elsewhere the lock stays held)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _require_success(what: str, code: int, files: Files, log: str | None = None) -> None:
    if code == 0:
        return
    how = f"was killed by signal {-code}" if code < 0 else f"failed with exit code {code}"
    kept = f"its file is {files.side} until the next build" if files.side.exists() else None
    rest = "".join(f"; {said}" for said in (kept, log) if said)
    raise click.ClickException(f"{what} {how}, see above: nothing was published{rest}.")


def _lines(child: subprocess.Popen[str], stream: IO[str]) -> Iterator[str | None]:
    """Yield the lines of a child as they come, and None after half a second without one."""
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        with stream:
            for line in stream:
                waiting.put(line)
        waiting.put("")

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = waiting.get(timeout=0.5)
        except queue.Empty:
            if child.poll() is not None:
                return  # a child of the child still has the stream open
            yield None
        else:
            if not line:
                return
            yield line


def _seconds_before(target: Path) -> dict[str, float]:
    """Return the seconds of each step of the last run; empty if they are not recorded."""
    try:
        results = json.loads((target / "run_results.json").read_text())["results"]
        return {result["unique_id"]: float(result["execution_time"]) for result in results}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


class _Story:
    """The messages to the user that follow from dbt's structured log."""

    def __init__(self, before: Mapping[str, float]) -> None:
        """Take the seconds of each step of the last run; without them no time left is shown."""
        self._before = before
        self._progress = Progress(sys.stderr)
        self._running: dict[str, str] = {}
        self._done: set[str] = set()
        self._total, self._parsed = 0, 0.0
        self._clean = self._ending = False

    def tell(self, lines: Iterator[str | None]) -> None:
        """Follow dbt to its end."""
        try:
            for line in lines:
                if line is not None:
                    self._hear(line)
                if not self._ending:
                    self._progress.show(self._line(), (len(self._done), tuple(self._running)))
        finally:
            self._progress.erase()

    def _hear(self, line: str) -> None:
        try:
            event = json.loads(line)
            info, data = event["info"], event["data"]
        except (ValueError, KeyError, TypeError):
            self._say(line)  # not of dbt's log
            return
        node = data.get("node_info")
        if node and "index" in data and not info["name"].startswith("LogHook"):
            self._note(info["name"], node, data)
        if info["name"] == "EndOfRunSummary":
            self._ending = True
            self._clean = not (data.get("num_errors") or data.get("num_warnings"))
        if info["name"] == "StatsLine" and self._clean:
            self._progress.erase()
            took, counts = duration(self._progress.seconds), info["msg"].removeprefix("Done. ")
            click.echo(f"{'dbt build':<22}Completed successfully in {took}: {counts}")
        elif info["name"] not in _LEFT_OUT and (
            info["level"] in ("warn", "error") or (self._ending and not self._clean)
        ):
            self._say(info["msg"])

    def _note(self, name: str, node: dict[str, Any], data: dict[str, Any]) -> None:
        """Count a step that begins or has ended."""
        if name == "LogStartLine":
            if not self._total:
                self._parsed = self._progress.seconds
            self._total = data["total"]
            self._running[node["unique_id"]] = node["node_name"]
        else:
            self._running.pop(node["unique_id"], None)
            self._done.add(node["unique_id"])

    def _line(self) -> str:
        if not self._total:
            return f"{'dbt build':<22}reading the project"
        left = "".join(f", {duration(seconds)} left" for seconds in self._seconds_left())
        now = f": {', '.join(self._running.values())}" if self._running else ""
        return f"{'dbt build':<22}{len(self._done):>13,} of {self._total:,} done{left}{now}"

    def _seconds_left(self) -> list[float]:
        """Return, if known, the seconds left: the last run's at the speed of this one."""
        whole = sum(self._before.values())
        done = sum(self._before.get(name, 0) for name in self._done)
        if not _EARLY * whole < done < whole:
            return []
        return [(self._progress.seconds - self._parsed) * (whole - done) / done]

    def _say(self, text: str) -> None:
        self._progress.erase()
        click.echo(text.rstrip("\n"), err=True)
