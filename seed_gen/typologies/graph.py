# ruff: noqa: RUF009 (`trait` declares a field, as `figure` does)
"""Flows of several accounts, described by a small drawing: who pays whom, in which order.

A pattern lists its payments for the most `arms` it can have; a scheme with fewer arms leaves out
the payments of the others. Moments and amounts follow from the drawing: an account passes money on
after it has received it, and a little less.
"""

import dataclasses
from collections.abc import Callable
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seed_gen.draws.amounts import cents_of_log
from seed_gen.draws.clock import DAY
from seed_gen.draws.randomness import draw_16_bits
from seed_gen.draws.rows import AS_CREDIT, IS_CASH, NONE, ROLE_OF, Rows
from seed_gen.figures.fields import between, count, figure, fraction, trait
from seed_gen.schemes.patterns import Numbers, Scene, Schemes
from seed_gen.typologies.base import Marks, Typology

CASH, OUT, BACK = -1, -2, -3  # instead of a payee: own cash deposit; to and from an outsider
_MARGIN_DAYS = 4  # for the gaps between what comes in and what goes out
_LEAST_CENTS = 5_000


class Payment(NamedTuple):
    """One payment of a drawing: from the account `payer`, by number, to `payee`.

    `hop` counts from 1. `after` has the positions of the payments whose money it passes on.
    """

    payer: int
    payee: int
    hop: int
    arm: int
    role: str
    after: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class Graph(Typology):
    """A flow drawn by `drawing`, for a number of arms. Its depth is its number of hops.

    A scheme with the signal `amount` moves sums of similar size; one that misses it, sums of any
    size. A share `slow_share` of the schemes takes `slow_factor` times as long.
    """

    flow: ClassVar[bool] = True
    signals: tuple[str, ...] = trait(("hours", "amount"))
    drawing: Callable[[int], list[Payment]] = trait(lambda arms: [])
    prompt: bool = trait(False)  # money leaves soon after it arrives
    closes: bool = trait(False)  # the last account of a scheme pays the first

    volume: float = fraction(0.025)
    arms: tuple[int, int] = between(3, 6, at_least=1, at_most=50)
    spread_days: tuple[int, int] = between(2, 8, at_least=1, at_most=60)
    days: tuple[float, float] = between(0.05, 0.99, at_most=1)
    gap_minutes: tuple[int, int] = between(5, 240, at_least=1, at_most=1_440)
    amount_log_mean: float = figure(9.0, low=0, high=16)
    amount_log_sigma: float = figure(0.7, low=0, high=3)
    within_log_sigma: float = figure(0.35, low=0, high=3)
    kept: tuple[float, float] = between(0.90, 0.99, at_most=1)
    slow_share: float = fraction(0.20)
    slow_factor: int = count(4, high=20)

    def payments(self) -> list[Payment]:
        """Return the drawing with the most arms, each payment after those it depends on."""
        return self.drawing(self.arms[1])

    @property
    def accounts_per_scheme(self) -> int:
        """The accounts of a scheme with the most arms."""
        return 1 + max(max(payment.payer, payment.payee) for payment in self.payments())

    def _rows_by_arms(self) -> Numbers:
        """Return how many payments a scheme has with each number of arms, the fewest first."""
        arm = np.array([payment.arm for payment in self.payments()])
        low, high = self.arms
        return np.array([(arm < arms).sum() for arms in range(low, high + 1)], dtype=np.int32)

    def sizes(self, rng: np.random.Generator, schemes: int) -> Numbers:
        """Draw the payments of each scheme."""
        choices = self._rows_by_arms()
        return choices[rng.integers(0, len(choices), size=schemes)]

    def rows_per_scheme(self) -> float:
        """Return the mean payments of a scheme."""
        return float(self._rows_by_arms().mean())

    def slow(self, scene: Scene, schemes: Schemes) -> Marks:
        """Draw the slow schemes."""
        return scene.rng("slow").random(len(schemes)) < self.slow_share

    def build(self, scene: Scene, schemes: Schemes) -> Rows:
        """Return the payments; see `Pattern.build`."""
        drawing = self.payments()
        number, width = len(schemes), len(drawing)
        arms = self.arms[0] + np.searchsorted(self._rows_by_arms(), schemes.sizes)
        present = np.array([payment.arm for payment in drawing]) < arms[:, None]
        missed = self.missed(scene, schemes)
        second = self._moments(scene, schemes, drawing, ~missed["hours"])
        kind, cash = self._kinds(scene, drawing, number)
        any_size = missed.get("amount", np.zeros(number, dtype=np.bool_))
        cents = self._cents(scene, drawing, present, any_size, cash)

        payer = np.array([payment.payer for payment in drawing])
        payee = np.tile([payment.payee for payment in drawing], (number, 1))
        if self.closes:
            payee = np.where(payee == arms[:, None], 0, payee)
        account = schemes.accounts[:, payer]
        receiver = np.take_along_axis(schemes.accounts, np.maximum(payee, 0), axis=1)
        receiver = np.where(payee >= 0, receiver, np.where(payee == CASH, account, NONE))
        outsider = scene.any_beneficiary("outsider", number)[:, None]
        beneficiary = np.where((payee == OUT) | (payee == BACK), outsider, NONE)
        origin = np.where(present, second, np.iinfo(np.int64).max).min(axis=1)
        hops = np.array([payment.hop for payment in drawing])
        depth = np.where(present, hops, 0).max(axis=1)
        roles = np.array([ROLE_OF[payment.role] for payment in drawing])

        def rows_of(values: NDArray[np.integer], dtype: type[np.integer]) -> NDArray[np.integer]:
            return np.broadcast_to(values, (number, width))[present].astype(dtype)

        of_row = schemes.of_row()
        return Rows(
            account=rows_of(account, np.int32),
            second=rows_of(second, np.int32),
            cents=rows_of(cents, np.int64),
            kind=rows_of(kind, np.int8),
            receiver=rows_of(receiver, np.int32),
            beneficiary=rows_of(beneficiary, np.int32),
            device=scene.population.home_device[rows_of(account, np.int32)],
            scheme=of_row,
            depth=depth[of_row].astype(np.int32),
            hop=rows_of(hops, np.int32),
            origin=origin[of_row].astype(np.int32),
            role=rows_of(roles, np.int8),
        )

    def _moments(
        self, scene: Scene, schemes: Schemes, drawing: list[Payment], night: Marks
    ) -> NDArray[np.int64]:
        """Draw when each payment is made: the hops share the scheme's days between them."""
        number, width = len(schemes), len(drawing)
        slow = np.where(self.slow(scene, schemes), self.slow_factor, 1)
        first, last = scene.clock.day_range(self.days)
        length = scene.rng("length").integers(*self.spread_days, number, endpoint=True) * slow
        length = np.clip(length, 1, max(1, last - first + 1 - _MARGIN_DAYS))
        room = np.maximum(last - first + 2 - length - _MARGIN_DAYS, 1)
        start = first + (scene.rng("start").random(number) * room).astype(np.int64)

        depth = max(payment.hop for payment in drawing)
        hop = np.array([payment.hop - 1 for payment in drawing])
        if self.prompt:
            depth, hop = 1, np.zeros(width)
        part = (scene.rng("day").random((number, width)) + hop) / depth
        day = start[:, None] + (part * length[:, None]).astype(np.int64)
        marks = np.broadcast_to(night[:, None], day.shape).ravel()
        drawn = scene.clock.draw_on_days(scene.rng("moment"), day.ravel(), marks)
        second = drawn.reshape(day.shape).astype(np.int64)
        least, most = (minutes * 60 for minutes in self.gap_minutes)
        gap = scene.rng("gap").integers(least, most, (number, width), endpoint=True)
        for place, payment in enumerate(drawing):
            if payment.after:
                soonest = second[:, payment.after].max(axis=1) + gap[:, place]
                late = soonest if self.prompt else np.maximum(second[:, place], soonest)
                second[:, place] = late
        return np.minimum(second, scene.clock.days * DAY - 1)

    def _cents(
        self,
        scene: Scene,
        drawing: list[Payment],
        present: Marks,
        any_size: Marks,
        cash: NDArray[np.bool_],
    ) -> NDArray[np.int64]:
        """Draw the amounts: first payments at random, the others a little less than came in.

        An account that pays several others shares the money evenly, give or take a tenth.
        """
        number, width = present.shape
        level = scene.rng("level").standard_normal((number,)) * self.amount_log_sigma
        spread = np.where(any_size, 3 * self.within_log_sigma, self.within_log_sigma)
        own = scene.rng("amount").standard_normal((number, width)) * spread[:, None]
        cents = cents_of_log(own + level[:, None] + self.amount_log_mean)
        kept = scene.rng("kept").uniform(*self.kept, (number, width))
        share = scene.rng("share").uniform(0.9, 1.1, (number, width))
        bits = draw_16_bits(scene.rng("habit"), cents.size).reshape(cents.shape)
        customs = scene.customs
        for place, payment in enumerate(drawing):
            sum_of = np.maximum(cents[:, place], _LEAST_CENTS)
            if payment.after:
                before = list(payment.after)
                came = np.where(present[:, before], cents[:, before], 0).sum(axis=1)
                siblings = [p.payer == payment.payer and p.after == payment.after for p in drawing]
                others = np.maximum(present[:, siblings].sum(axis=1), 1)
                out = came * kept[:, place] / others
                out = np.where(others > 1, out * share[:, place], out)
                sum_of = np.maximum(np.rint(out).astype(np.int64), 1)
            transfer = customs.transfer_habits.apply(sum_of, bits[:, place])
            in_cash = customs.cash_habits.apply(sum_of, bits[:, place])
            rounded = np.where(cash[:, place], in_cash, transfer)
            if payment.after:  # no account passes on more than came in, or much less
                too_low = rounded < np.where(others > 1, 0.5, self.kept[0]) * came / others
                rounded = np.where((rounded > sum_of) | too_low, sum_of, rounded)
            cents[:, place] = rounded
        return cents

    def _kinds(
        self, scene: Scene, drawing: list[Payment], number: int
    ) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
        """Draw the kind of each payment, and whether it is cash."""
        width = len(drawing)
        payee = np.array([payment.payee for payment in drawing])
        kind = scene.kinds(scene.customs.debit_kinds, number * width).reshape(number, width)
        bits = draw_16_bits(scene.rng("deposit"), number * width).reshape(number, width)
        deposit = scene.customs.deposit_kinds[bits].astype(np.int8)
        kind = np.where(payee == BACK, AS_CREDIT[kind], kind)
        kind = np.where(payee == CASH, deposit, kind).astype(np.int8)
        return kind, IS_CASH[kind]
