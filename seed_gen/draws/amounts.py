"""Amounts of money: lognormal draws in whole cents, and the way people round them."""

import numpy as np
from numpy.typing import NDArray

from seed_gen.draws.randomness import weighted_table

Cents = NDArray[np.int64]

_STEPS = 4096  # knots of the table per unit of the logarithm
_LOWEST, _HIGHEST = -4, 24  # logarithms of the smallest and the largest amount, in rupees

# Round amounts.
ROUND_RUPEES = np.array(
    [
        *(10, 20, 50, 100, 200, 300, 500, 1_000, 1_500, 2_000, 2_500, 3_000, 5_000, 7_500),
        *(10_000, 15_000, 20_000, 25_000, 30_000, 50_000, 75_000, 100_000, 150_000, 200_000),
        *(250_000, 500_000, 1_000_000, 2_000_000, 5_000_000),
    ],
    dtype=np.int64,
)
_ROUND_CENTS = ROUND_RUPEES * 100
_ROUND_EDGES = np.sqrt(_ROUND_CENTS[1:].astype(np.float64) * _ROUND_CENTS[:-1])

# The ways to round: not at all, down to half or whole rupees, to tens, to hundreds, up to a price
# (349, 399; from 10,000 on 10,999), to a round amount.
_AS_IS, _HALF, _RUPEE, _TENS, _HUNDREDS, _PRICE, _ROUND = range(7)
_UNITS = np.array([1, 50, 100, 1_000, 10_000, 1, 1], dtype=np.int64)
_PRICE_STEP, _LARGE_PRICE_STEP, _LARGE_PRICE = 5_000, 100_000, 1_000_000


def _table() -> NDArray[np.float64]:
    knots = np.arange(_LOWEST * _STEPS, _HIGHEST * _STEPS + 2) / _STEPS
    return np.rint(np.exp(knots) * 1e5) / 1e3


_CENTS_AT = _table()


def cents_of_log(logarithm: NDArray[np.float64]) -> Cents:
    """Return exp(logarithm) rupees in whole cents, at least 1.

    Interpolates linearly in a rounded table (relative error below 1e-8): multiplication and
    addition give the same cents on every machine, which `exp` does not guarantee.
    """
    position = (np.clip(logarithm, _LOWEST, _HIGHEST) - _LOWEST) * _STEPS
    knot = position.astype(np.int64)
    below = _CENTS_AT[knot]
    between = (_CENTS_AT[knot + 1] - below) * (position - knot)
    return np.maximum(np.rint(below + between).astype(np.int64), 1)


def lognormal_cents(
    rng: np.random.Generator,
    log_mean: float | NDArray[np.float64],
    log_sigma: float,
    size: int,
) -> Cents:
    """Draw `size` lognormal amounts in cents; `log_mean` is one number or one per amount."""
    return cents_of_log(rng.standard_normal(size) * log_sigma + log_mean)


class Habits:
    """How amounts of one sort are rounded: the share of each way; the rest stay as they are.

    The same habit serves honest and criminal amounts of a sort, so that an amount's last digits
    say nothing about its label.
    """

    def __init__(
        self,
        round_share: float,
        hundreds: float,
        tens: float,
        rupees: float,
        halves: float = 0.0,
        prices: float = 0.0,
    ) -> None:
        shares = [halves, rupees, tens, hundreds, prices, round_share]
        as_is = max(0.0, 1 - sum(shares))
        self._table = weighted_table([as_is, *shares]).astype(np.int8)

    def apply(self, cents: Cents, bits: NDArray[np.uint16]) -> Cents:
        """Return `cents` rounded, the way of each chosen by its 16 random bits.

        Rounding goes down to the unit, never to 0; a price goes up to the next one below a multiple
        of 50 or 1,000 rupees; a round amount is the nearest one by ratio.
        """
        way = self._table[bits]
        unit = _UNITS[way]
        result = cents // unit * unit
        result = np.where(result == 0, cents, result)
        (at,) = np.nonzero(way == _PRICE)
        step = np.where(cents[at] < _LARGE_PRICE, _PRICE_STEP, _LARGE_PRICE_STEP)
        result[at] = cents[at] // step * step + step - 100
        (at,) = np.nonzero(way == _ROUND)
        nearest = np.searchsorted(_ROUND_EDGES, cents[at].astype(np.float64))
        result[at] = _ROUND_CENTS[nearest]
        return result

    def apply_within(self, cents: Cents, bits: NDArray[np.uint16], low: int, high: int) -> Cents:
        """Like `apply`, but an amount that would leave [low, high] cents is only cut to hundreds.

        Where that leaves the bounds too, the amount stays as it was.
        """
        result = self.apply(cents, bits)
        hundreds = cents // _UNITS[_HUNDREDS] * _UNITS[_HUNDREDS]
        result = np.where((result >= low) & (result <= high), result, hundreds)
        return np.where((result >= low) & (result <= high), result, cents)
