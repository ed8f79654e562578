"""The simulation window: its days and hours, and random moments within it."""

import math
from collections.abc import Callable, Sequence
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from seed_gen.draws.randomness import weighted_table

HOUR = 3_600
DAY = 86_400

Seconds = NDArray[np.int32]


class Clock:
    """The window from the first to the last day, both included; time is seconds from its start."""

    def __init__(
        self,
        start: date,
        end: date,
        day_weights: Callable[[date], float],
        honest_hours: Sequence[float],
        fraud_hours: Sequence[float],
    ) -> None:
        self.start = start
        self.days = (end - start).days + 1
        self.seconds = self.days * DAY
        rhythm = [day_weights(start + timedelta(days=day)) for day in range(self.days)]
        self.day_table = weighted_table(rhythm)
        self.honest_hours = weighted_table(honest_hours)
        self.fraud_hours = weighted_table(fraud_hours)

    def salary_months(self) -> list[int]:
        """Return, for each month that begins in the window, the day number of its first day."""
        firsts = []
        for day in range(self.days):
            if (self.start + timedelta(days=day)).day == 1:
                firsts.append(day)
        return firsts

    def first_day(self, fraction: float) -> int:
        """Return the first whole day at or after a fraction of the window."""
        return math.ceil(fraction * self.days - 1e-9)

    def last_day(self, fraction: float) -> int:
        """Return the last whole day that ends at or before a fraction of the window."""
        return math.floor(fraction * self.days + 1e-9) - 1

    def day_range(self, fractions: tuple[float, float], length: int = 1) -> tuple[int, int]:
        """Return the first and the last day on which `length` days within the fractions can begin.

        Where there is no such day, both are the nearest day that leaves them room in the window.
        """
        first = min(self.first_day(fractions[0]), max(0, self.days - length))
        return first, max(first, self.last_day(fractions[1]) - length + 1)

    def draw_anywhere(self, rng: np.random.Generator, size: int) -> Seconds:
        """Draw honest moments over the whole window, by the weights of days and hours."""
        bits = rng.integers(0, 1 << 63, size=size, dtype=np.int64)
        second = ((bits & 0x7FFFFFFF) * HOUR) >> 31
        second += self.honest_hours[(bits >> 31) & 0xFFFF].astype(np.int64) * HOUR
        second += self.day_table[(bits >> 47) & 0xFFFF].astype(np.int64) * DAY
        return second.astype(np.int32)

    def draw_on_days(
        self,
        rng: np.random.Generator,
        days: NDArray[np.integer],
        night: bool | NDArray[np.bool_],
    ) -> Seconds:
        """Draw one moment on each of `days`; where `night`, by the hours of crime."""
        bits = rng.integers(0, 1 << 63, size=len(days), dtype=np.int64)
        at = (bits >> 31) & 0xFFFF
        hour = np.where(night, self.fraud_hours[at], self.honest_hours[at]).astype(np.int64)
        within = ((bits & 0x7FFFFFFF) * HOUR) >> 31
        second: Seconds = (days.astype(np.int64) * DAY + hour * HOUR + within).astype(np.int32)
        return second

    def draw_within(
        self, rng: np.random.Generator, starts: Seconds, ends: NDArray[np.integer]
    ) -> Seconds:
        """Draw one honest moment in each [start, end): a uniform day, then an hour by its weight.

        Where that falls outside the bounds, the moment is uniform between them.
        """
        length = ends.astype(np.int64) - starts
        uniform = starts + (rng.random(len(starts)) * length).astype(np.int64)
        shaped = self.draw_on_days(rng, uniform // DAY, night=False)
        inside = (shaped >= starts) & (shaped < ends)
        return np.where(inside, shaped, uniform).astype(np.int32)
