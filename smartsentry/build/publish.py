"""Replace the published file as a whole, keep the one before, allow one build at a time.

The files around a published file `warehouse/NAME.duckdb`, all on its file system:

    warehouse/NAME.previous.duckdb         the one before, for `smartsentry rollback`
    warehouse/build/NAME.duckdb/           the side file of a build, and DuckDB's files beside it
    warehouse/build/NAME.duckdb.dbt/       dbt's log and artifacts of the last build
    warehouse/build/NAME.duckdb.lock       the lock, and who holds it
    warehouse/build/NAME.duckdb.outgoing   second name of the published file while it is replaced

Each step is one atomic call of the file system. The published path is never missing, and after a
kill between two steps `finish_replacement` repairs the rest.
"""

import contextlib
import fcntl
import json
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click

from raw_layer.errors import reason
from raw_layer.files import locked, sync, wal


@dataclass(frozen=True)
class Files:
    """The published file and the files around it."""

    published: Path

    @classmethod
    def of(cls, path: Path) -> "Files":
        """Return the files around a path; a symbolic link is followed, not replaced."""
        return cls(path.resolve())

    @property
    def previous(self) -> Path:
        """The file that was published before."""
        return self.published.with_name(f"{self.published.stem}.previous{self.published.suffix}")

    @property
    def side(self) -> Path:
        """The file that a build works on; its fixed name needs no quoting in SQL."""
        return self._build / self.published.name / "smartsentry.duckdb"

    @property
    def dbt(self) -> Path:
        """The folder of dbt's log and artifacts, which outlive the build."""
        return self._build / f"{self.published.name}.dbt"

    @property
    def lock(self) -> Path:
        """The file that a build holds locked."""
        return self._build / f"{self.published.name}.lock"

    @property
    def outgoing(self) -> Path:
        """The published file's second name while it is replaced."""
        return self._build / f"{self.published.name}.outgoing"

    @property
    def _build(self) -> Path:
        return self.published.parent / "build"


@contextlib.contextmanager
def one_at_a_time(files: Files, command: str) -> Iterator[int]:
    """Hold the lock of a published file, and yield its descriptor for children to inherit.

    The lock ends with the last process that holds it: the builder, or a child that outlives it. The
    file's text only names the holder.

    Raises:
        click.ClickException: another process holds it, or the published file's folder is missing.
    """
    if not files.published.parent.is_dir():
        raise click.ClickException(
            f"the folder {files.published.parent} does not exist: create it first."
        )
    files.lock.parent.mkdir(exist_ok=True)
    with locked(
        files.lock,
        lambda: (
            f"{files.published} is being built by {_holder(files.lock)}: wait until that has ended."
        ),
    ) as descriptor:
        os.ftruncate(descriptor, 0)
        holder = {
            "process": os.getpid(),
            "since": datetime.now().astimezone().isoformat(sep=" ", timespec="seconds"),
            "command": command,
        }
        # The lock needs no text, so a full disk does no harm.
        with contextlib.suppress(OSError):
            os.pwrite(descriptor, json.dumps(holder).encode(), 0)
        yield descriptor
        os.ftruncate(descriptor, 0)


def _holder(lock: Path) -> str:
    """Describe who holds the lock, from what the holder wrote into it."""
    try:
        holder = json.loads(lock.read_text())
        process, since, command = holder["process"], holder["since"], holder["command"]
    except (OSError, ValueError, KeyError):
        return "another process, which has just begun"
    said = f"process {process} since {since} ({command})"
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return f"what {said} left running when it was killed"
    except PermissionError:
        pass  # alive, another user's
    return said


def finish_replacement(files: Files) -> None:
    """Finish or undo an interrupted replacement. Needs the lock."""
    if not files.outgoing.exists():
        return
    if files.published.exists() and files.outgoing.samefile(files.published):
        files.outgoing.unlink()  # it had not been replaced yet
    else:
        files.outgoing.replace(files.previous)
        sync(files.published.parent)


def clear_side(files: Files) -> None:
    """Remove what the last build left. Needs the lock."""
    if files.side.parent.exists():
        shutil.rmtree(files.side.parent)


def refuse_wal(path: Path) -> None:
    """Refuse a file with a write-ahead log, which would be replayed into the file that replaces it.

    Raises:
        click.ClickException: there is a write-ahead log.
    """
    if wal(path).exists():
        raise click.ClickException(
            f"{wal(path)} holds changes that a writer made to {path.name} and did not finish:"
            " open the file once for writing to take them in, or delete the .wal to drop them,"
            " and run again."
        )


def replace_published(source: Path, files: Files) -> None:
    """Replace the published file with `source`; the old one becomes the previous one.

    Open readers keep the old file. Other users may not write to the new one. Needs the lock.

    Raises:
        click.ClickException: one of the two has a write-ahead log or is open for writing.
        OSError: the file system refused a step; the published file is then as it was.
    """
    finish_replacement(files)
    with contextlib.ExitStack() as guards:
        if files.published.exists():
            guards.enter_context(_closed_to_writers(files.published))
        descriptor = guards.enter_context(_closed_to_writers(source))
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        os.fchmod(descriptor, mode & ~(stat.S_IWGRP | stat.S_IWOTH))
        os.fsync(descriptor)
        if files.published.exists():
            os.link(files.published, files.outgoing)
        source.replace(files.published)
        try:
            sync(files.published.parent)
            finish_replacement(files)
        except OSError as error:
            raise click.ClickException(
                f"{files.published} is the new build, but the file system refused to keep the one"
                f" before ({reason(error)}): the next build or rollback tries again."
            ) from error


@contextlib.contextmanager
def _closed_to_writers(path: Path) -> Iterator[int]:
    """Hold the lock of DuckDB's readers, which keeps writers out.

    The lock ends when this process closes any descriptor of the file, so nothing else may open it
    until then.
    """
    refuse_wal(path)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            raise click.ClickException(
                f"{path} is open for writing in another process: close it there and run again."
            ) from None
        refuse_wal(path)
        yield descriptor
    finally:
        os.close(descriptor)
