"""How far a build is, from what can be seen of it."""

import contextlib
import json
import re
import time

from faults.place import Place

# In turn. A build is in the first until it has the lock, then until the seeder is done, until dbt
# has read the project, until half of dbt's steps have begun, until dbt begins its last hooks, until
# dbt has ended, until the file is published, and until the summary is printed.
PHASES = (
    *("start", "seeder", "dbt reads", "first half of dbt", "second half of dbt"),
    *("last hooks", "recording", "published"),
)
_STEP = re.compile(rb" (\d+) of (\d+) START (?!hook)")


class Watch:
    """A build that has just been started, and the phase that it is in."""

    def __init__(self, place: Place) -> None:
        """Start a build on a place that has a published file."""
        self._place = place
        self._replaced = place.path.stat().st_ino
        self._read, self._line = 0, b""  # bytes of dbt's log, and its last line if it has no end
        self._in_log: set[int] = set()  # phases that the log has told of
        place.log.unlink(missing_ok=True)
        self.process = place.start()
        self._began = [time.monotonic()]  # each phase so far

    @property
    def phase(self) -> int:
        """The number of the phase that the build was in at the last look."""
        return len(self._began) - 1

    def wait(self, seconds: float, phase: int | None = None) -> None:
        """Wait until the build, or a phase of it, is so old or over."""
        while self.process.poll() is None:
            self._look()
            reached = phase is None or self.phase == phase
            since = time.monotonic() - self._began[0 if phase is None else -1]
            if (reached and since >= seconds) or (phase is not None and self.phase > phase):
                return
            time.sleep(0.02)
        self._look()

    def seconds(self) -> list[float]:
        """Return how long each phase took of a build that has just ended."""
        ends = [*self._began[1:], time.monotonic()]
        return [end - began for began, end in zip(self._began, ends, strict=True)]

    def _look(self) -> None:
        """Enter the phase that has begun; those that were too short to be seen are skipped."""
        self._read_log()
        said = self._place.said()
        begun = {
            0: True,
            1: self._has_lock(),
            2: "generation_run" in said,
            **dict.fromkeys(self._in_log, True),
            6: "\nlog  " in said,
            7: self._place.path.stat().st_ino != self._replaced,
        }
        last = max(number for number, has in begun.items() if has)
        self._began += [time.monotonic()] * (last - self.phase)

    def _has_lock(self) -> bool:
        with contextlib.suppress(OSError, ValueError, KeyError):
            return json.loads(self._place.files.lock.read_text())["process"] == self.process.pid
        return False

    def _read_log(self) -> None:
        with contextlib.suppress(FileNotFoundError), self._place.log.open("rb") as log:
            log.seek(self._read)
            new = log.read()
            self._read += len(new)
            *lines, self._line = (self._line + new).split(b"\n")
            for line in lines:
                if b"Concurrency: " in line:
                    self._in_log.add(3)
                elif (step := _STEP.search(line)) and 2 * int(step[1]) > int(step[2]):
                    self._in_log.add(4)
                elif b"START hook: smartsentry.on-run-end" in line:
                    self._in_log.add(5)
