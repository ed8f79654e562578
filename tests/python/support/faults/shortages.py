"""Too little of something: disk, memory, the size that a file may have."""

import contextlib
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from faults.place import Place, digest
from faults.tally import Tally


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
