"""A kill before each call to the file system of a publish, a rollback and their repair."""

import os
import shutil
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path

from faults.tally import Tally
from smartsentry.build.publish import Files, finish_replacement, replace_published


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
