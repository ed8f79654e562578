"""The progress line of a long run: what is done, what is left."""

import shutil
import time
from collections.abc import Callable
from typing import TextIO

QUIET_SECONDS = 3.0  # a run that is done by then says nothing of its progress
_TERMINAL_EVERY, _FILE_EVERY = 0.5, 10.0  # seconds between two lines
_ERASE_LINE = "\r\x1b[K"


class Progress:
    """Tells a stream how far a run is: one line that changes, or now and then a line.

    On a terminal the line is written over itself and erased at the end; a file gets lines of its
    own, further apart.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._terminal = stream.isatty()
        self._began = clock()
        self._next = self._began + QUIET_SECONDS
        self._shown = False

    @property
    def seconds(self) -> float:
        """How long the run has taken."""
        return max(self._clock() - self._began, 1e-9)

    def __call__(self, done: int, total: int | None = None) -> None:
        """Say that `done` rows of `total`, if that is known, are written, if it is time to."""
        if done == total:
            self.erase()
        elif done > 0:
            self.show(self._rows(done, total))

    def _rows(self, done: int, total: int | None) -> str:
        rate = done / self.seconds
        if total is None:
            return f"{'rows':<22}{done:>13,} rows, {rate:,.0f} rows/s"
        left = duration((total - done) / rate)
        return f"{'transactions':<22}{done:>13,} of {total:,} rows, {rate:,.0f} rows/s, {left} left"

    def end(self, done: int) -> None:
        """Leave the number of rows and their rate as the last line."""
        self.erase()
        self._stream.write(f"{self._rows(done, None)}\n")

    def show(self, line: str) -> None:
        """Write a line over the one before, if it is time to."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + (_TERMINAL_EVERY if self._terminal else _FILE_EVERY)
        if self._terminal:
            # A line that wraps could not be written over.
            line = _ERASE_LINE + line[: shutil.get_terminal_size().columns - 1]
        self._stream.write(line if self._terminal else f"{line}\n")
        self._stream.flush()
        self._shown = True

    def erase(self) -> None:
        """Remove the line from a terminal, so that the next message stands alone."""
        if self._terminal and self._shown:
            self._stream.write(_ERASE_LINE)
            self._stream.flush()
            self._shown = False


def duration(seconds: float) -> str:
    """Return seconds in words, such as `2 min 05 s`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
