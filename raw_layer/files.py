"""Replace a file or folder as a whole, hold a lock, and turn signals into a sentence."""

import contextlib
import fcntl
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import click

from raw_layer.errors import BusyError

_FICLONE = 0x40049409  # Linux: make a file share the blocks of another
STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def wal(path: Path) -> Path:
    """Return the path of a DuckDB file's write-ahead log."""
    return path.with_name(path.name + ".wal")


def outgoing(folder: Path) -> Path:
    """Return the name of a replaced folder until it is deleted."""
    return folder.with_name(folder.name + ".outgoing")


def sync(path: Path) -> None:
    """Force a file's content, or a folder's names, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(source: Path, target: Path) -> None:
    """Put a finished file in the place of another; a crash leaves one of the two."""
    sync(source)
    source.replace(target)
    sync(target.parent)


def replace_folder(source: Path, target: Path) -> None:
    """Put a finished folder in the place of another.

    After a crash between the two renames `finish_folder` brings the old one back.
    """
    for path in (*source.rglob("*"), source):
        sync(path)
    try:
        if target.exists():
            target.rename(outgoing(target))
        source.rename(target)
        sync(target.parent)
    finally:
        finish_folder(target)


def finish_folder(target: Path) -> None:
    """Finish or undo a replacement that was stopped half-way."""
    old = outgoing(target)
    if not old.exists():
        return
    if target.exists():
        shutil.rmtree(old)
    else:
        old.rename(target)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file; where the file system can, both share their blocks until one is written."""
    with source.open("rb") as old, target.open("xb") as new:
        try:
            fcntl.ioctl(new.fileno(), _FICLONE, old.fileno())
        except OSError:
            # Which leaves the copying to the kernel: a fourth of the time of a loop.
            shutil.copyfile(source, target)
    shutil.copymode(source, target)


@contextlib.contextmanager
def locked(path: Path, busy: Callable[[], str]) -> Iterator[int]:
    """Lock a file, which is created if missing, or a folder; yield its descriptor.

    The lock is the operating system's: it ends with the last process that holds it, this one or a
    child that inherited the descriptor.

    Args:
        path: What to lock.
        busy: Returns the sentence for another process that comes while it is locked.

    Raises:
        BusyError: another process holds it.
    """
    how = os.O_RDONLY if path.is_dir() else os.O_RDWR | os.O_CREAT
    descriptor = os.open(path, how, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(busy()) from None
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def stoppable(sentence: str, code: int | None = None) -> Iterator[None]:
    """Turn SIGINT, SIGTERM and SIGHUP into one sentence and an exit code.

    Args:
        sentence: The sentence for stderr; `{signal}` in it becomes the signal's name.
        code: The exit code; by default 128 and the signal's number.

    Raises:
        click.exceptions.Exit: a signal came.
    """
    received: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        received.append(number)
        for other in STOPS:
            signal.signal(other, signal.SIG_IGN)  # the first one is enough: what follows is short
        raise KeyboardInterrupt

    # The parent may have set a signal to be ignored, as nohup does.
    heeded = [number for number in STOPS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heeded}
    try:
        yield
    except BaseException:
        # DuckDB turns KeyboardInterrupt into an error of its own, so `received` decides.
        if not received:
            raise
        click.echo(sentence.replace("{signal}", signal.Signals(received[0]).name), err=True)
        raise click.exceptions.Exit(128 + received[0] if code is None else code) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def unstoppable() -> Iterator[None]:
    """Ignore signals for the instant in which "nothing was published" becomes untrue."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in STOPS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
