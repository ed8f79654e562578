"""The progress line of a long run: how much is done, how fast, and the time left."""

from __future__ import annotations

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

    def __call__(self, done: int, total: int | None = None) -> None:
        """Say that `done` rows of `total`, if that is known, are written, if it is time to."""
        if done == total:
            self.erase()
        elif done > 0 and self._clock() >= self._next:
            self.say(self.rows(done, total))

    def rows(self, done: int, total: int | None = None) -> str:
        """Return the line of a number of rows: their rate and, with a total, the time left."""
        rate = done / max(self._clock() - self._began, 1e-9)
        if total is None:
            return f"{'rows':<22}{done:>13,} rows, {rate:,.0f} rows/s"
        left = _duration((total - done) / rate)
        return f"{'transactions':<22}{done:>13,} of {total:,} rows, {rate:,.0f} rows/s, {left} left"

    def say(self, line: str) -> None:
        """Show a line in the place of the one before; on a terminal the next takes its place."""
        self._next = self._clock() + (_TERMINAL_EVERY if self._terminal else _FILE_EVERY)
        self._stream.write(f"{_ERASE_LINE}{line}" if self._terminal else f"{line}\n")
        self._stream.flush()
        self._shown = True

    def end(self, done: int) -> None:
        """Leave the number of rows and their rate as the last line."""
        self.erase()
        self._stream.write(f"{self.rows(done)}\n")

    def erase(self) -> None:
        """Remove the line from a terminal, so that the next message stands alone."""
        if self._terminal and self._shown:
            self._stream.write(_ERASE_LINE)
            self._stream.flush()
            self._shown = False


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
