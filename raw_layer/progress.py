"""The progress line of a long run: what is done, what is left."""

import math
import shutil
import time
from collections.abc import Callable
from typing import TextIO

QUIET_SECONDS = 3.0  # a run that is done by then says nothing of its progress
_TERMINAL_EVERY, _FILE_EVERY = 0.5, 10.0  # seconds between two lines
_HEARTBEAT = 60.0  # seconds between two lines of a file that tell the same
_ERASE_LINE = "\r\x1b[K"


class Progress:
    """The progress line of a run on a stream.

    On a terminal each line replaces the one before, and the last one is erased. In a file or a pipe
    lines follow one another, further apart, and mostly where there is something new to tell.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream, self._clock = stream, clock
        self._terminal = stream.isatty()
        self._began = clock()
        self._written = -math.inf
        self._state: object = None
        self._shown = False

    @property
    def seconds(self) -> float:
        """How long the run has taken."""
        return max(self._clock() - self._began, 1e-9)

    def __call__(self, done: int, total: int | None = None) -> None:
        """Show that `done` rows are written, of `total` if that is known."""
        if done == total:
            self.erase()
        elif done > 0:
            self.show(self._rows(done, total), done)

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

    def show(self, line: str, state: object) -> None:
        """Write a line, if it is time to.

        Args:
            line: What to write.
            state: What the line tells apart from times; a file gets the same only as a heartbeat.
        """
        now = self._clock()
        changing = _FILE_EVERY if state != self._state else _HEARTBEAT
        every = _TERMINAL_EVERY if self._terminal else changing
        if now < max(self._began + QUIET_SECONDS, self._written + every):
            return
        self._written, self._state = now, state
        if self._terminal:
            # A line that wraps could not be written over.
            line = _ERASE_LINE + line[: shutil.get_terminal_size().columns - 1]
        self._stream.write(line if self._terminal else f"{line}\n")
        self._stream.flush()
        self._shown = True

    def erase(self) -> None:
        """Remove the line from a terminal before another message."""
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
