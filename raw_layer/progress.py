"""The progress line of a long run: rows done, rows a second, time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

QUIET_SECONDS = 3.0  # a run that is done by then says nothing of its progress
_TERMINAL_EVERY, _FILE_EVERY = 0.5, 10.0  # seconds between two lines
_ERASE_LINE = "\r\x1b[K"


class Progress:
    """Tells a stream how far the transactions are: one line that changes, or now and then a line.

    On a terminal the line is written over itself and erased at the end; a file gets lines of its
    own, further apart.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._terminal = stream.isatty()
        self._began = clock()
        self._next = self._began + QUIET_SECONDS
        self._shown = False

    def __call__(self, done: int, total: int) -> None:
        """Say that `done` of `total` rows are written, if it is time to."""
        now = self._clock()
        if done >= total:
            self.erase()
        elif now >= self._next and done > 0:
            self._next = now + (_TERMINAL_EVERY if self._terminal else _FILE_EVERY)
            rate = done / max(now - self._began, 1e-9)
            line = (
                f"{'transactions':<22}{done:>13,} of {total:,} rows, {rate:,.0f} rows/s, "
                f"{_duration((total - done) / rate)} left"
            )
            self._stream.write(f"{_ERASE_LINE}{line}" if self._terminal else f"{line}\n")
            self._stream.flush()
            self._shown = True

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
