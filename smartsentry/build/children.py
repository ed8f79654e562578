"""Run the seeder and dbt as children that do not outlive the command, and say how far dbt is."""

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

# What nobody needs to hear: what Python says when a child is killed would stand behind the one
# sentence, and nothing here hands to Spark what it warns of.
_UNHEARD = (
    "ignore:resource_tracker:UserWarning"
    ",ignore:PySpark does not yet fully support pandas:FutureWarning"
)
_LEFT_OUT = ("Formatting", "MainStackTrace")  # a blank line, a traceback: the log has them
_EARLY = 0.1  # share of the run before which no time is promised
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def run_seeder(
    arguments: Sequence[str], files: Files, lock: int | None, own_session: bool = False
) -> None:
    """Run the seeder; its table of rows goes to stderr.

    Raises:
        click.ClickException: it did not end well.
        click.exceptions.Exit: it refused what it was given and has said so.
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
    """Run `dbt build`: one progress line, and in full what dbt warns of and what fails.

    Its log and artifacts are kept in `files.dbt`, or where dbt's own variables say. A build begins
    a new log; what dbt has parsed and how long each step took serve the next one.

    Args:
        arguments: What follows `dbt build` and the project's folders.
        environment: Variables that differ from this process's.
        files: What the build works around.
        lock: Descriptor of the build's lock, which the child inherits.
        verbose: Have dbt print as it does by itself.
        own_session: Run it in a session that is killed as a whole, for it has children.

    Raises:
        click.ClickException: it did not end well.
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
    _require_success("dbt build", code, files, f"the whole log is {log}")
    click.echo(f"{'log':<22}{log}")


def _run(
    command: Sequence[str],
    environment: Mapping[str, str],
    lock: int | None,
    own_session: bool,
    story: _Story | None = None,
) -> int:
    """Run a child to its end and return its exit code; it does not outlive this process.

    It inherits the lock's descriptor, so that no other build begins while it still writes.
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
        # A signal stopped the waiting. Java, a child of the child, would end by itself, but not
        # without a word.
        if own_session:
            os.killpg(child.pid, signal.SIGKILL)
        child.kill()
        child.wait()
        raise


def _prepare_child() -> None:
    """Leave Ctrl-C to the parent, and die with it (on Linux; elsewhere the lock waits)."""
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
    """Give the lines of a child as they come, and None where half a second passes without one."""
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
                return  # what it started itself still has the stream open
            yield None
        else:
            if not line:
                return
            yield line


def _seconds_before(target: Path) -> dict[str, float]:
    """Return how long each step of the last run took; empty where nothing says so."""
    try:
        results = json.loads((target / "run_results.json").read_text())["results"]
        return {result["unique_id"]: float(result["execution_time"]) for result in results}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


class _Story:
    """What a reader is told of dbt's structured log."""

    def __init__(self, before: Mapping[str, float]) -> None:
        """Take how long each step took before: without, no time is promised."""
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
                self._progress.show(self._line())
        finally:
            self._progress.erase()

    def _hear(self, line: str) -> None:
        try:
            event = json.loads(line)
            info, data = event["info"], event["data"]
        except (ValueError, KeyError, TypeError):
            self._say(line)  # not dbt's own
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
        """Keep count of a step that begins or has ended."""
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
        """Return what the steps to come will take if this run goes on as it began, if known."""
        whole = sum(self._before.values())
        done = sum(self._before.get(name, 0) for name in self._done)
        if not _EARLY * whole < done < whole:
            return []
        return [(self._progress.seconds - self._parsed) * (whole - done) / done]

    def _say(self, text: str) -> None:
        self._progress.erase()
        click.echo(text.rstrip("\n"), err=True)
