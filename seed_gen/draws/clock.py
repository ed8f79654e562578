"""The simulation window: its days and hours, and random moments within it."""

import math
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from seed_gen.draws.randomness import weighted_table
from seed_gen.figures.world import BehaviourFigures

HOUR = 3_600
DAY = 86_400

Seconds = NDArray[np.int32]


class Clock:
    """The window from the first to the last day, both included; time is seconds from its start."""

    def __init__(self, start: date, end: date, behaviour: BehaviourFigures) -> None:
        self.start = start
        self.days = (end - start).days + 1
        self.seconds = self.days * DAY
        dates = [start + timedelta(days=day) for day in range(self.days)]
        rhythm = np.array([behaviour.day_weight(day) for day in dates])
        self.working_days = np.array([behaviour.is_working_day(day) for day in dates])
        self.day_table = weighted_table(rhythm.tolist())
        self.honest_hours = weighted_table(behaviour.honest_hours)
        self.fraud_hours = weighted_table(behaviour.fraud_hours)
        # Branches are open in whole hours of working days.
        hours, (opens, closes) = np.arange(24), behaviour.branch_hours
        self._open = np.outer(self.working_days, (hours >= opens) & (hours < closes))
        weights = np.outer(rhythm, behaviour.honest_hours)
        self.open_share = float(weights[self._open].sum() / weights.sum())
        counter = np.where(self._open.any(axis=0), behaviour.honest_hours, 0.0)
        self._counter_hours = weighted_table(counter if counter.any() else behaviour.honest_hours)

    def is_open(self, second: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Tell whether the branches are open at each moment."""
        open_at: NDArray[np.bool_] = self._open.ravel()[second // HOUR]
        return open_at

    def salary_months(self) -> list[int]:
        """Return, for each month that begins in the window, the day number of its first day."""
        dates = [self.start + timedelta(days=day) for day in range(self.days)]
        return [number for number, day in enumerate(dates) if day.day == 1]

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
        counter: bool = False,
    ) -> Seconds:
        """Draw one moment on each of `days`; where `night`, by the hours of crime.

        With `counter` it is within the hours of a branch.
        """
        bits = rng.integers(0, 1 << 63, size=len(days), dtype=np.int64)
        at = (bits >> 31) & 0xFFFF
        usual = (self._counter_hours if counter else self.honest_hours)[at]
        hour = np.where(night, self.fraud_hours[at], usual).astype(np.int64)
        within = ((bits & 0x7FFFFFFF) * HOUR) >> 31
        second: Seconds = (days.astype(np.int64) * DAY + hour * HOUR + within).astype(np.int32)
        return second

    def draw_within(
        self, rng: np.random.Generator, starts: Seconds, ends: NDArray[np.integer]
    ) -> Seconds:
        """Draw one honest moment in each [start, end): a day, rather an early one, then an hour.

        Where that falls outside the bounds, the moment is uniform between them.
        """
        length = ends.astype(np.int64) - starts
        uniform = starts + (rng.random(len(starts)) ** 2 * length).astype(np.int64)
        shaped = self.draw_on_days(rng, uniform // DAY, night=False)
        inside = (shaped >= starts) & (shaped < ends)
        return np.where(inside, shaped, uniform).astype(np.int32)
