"""Honest behaviour that looks like crime, to test how well a rule or a model tells the two apart.

Each look-alike is a pattern like a typology, without a label. It shows the signal of some typology
or rule in an honest setting, so no signal alone identifies crime.
"""

import dataclasses
import types
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from seed_gen.draws.clock import DAY, HOUR
from seed_gen.draws.rows import NONE, Rows
from seed_gen.figures.fields import between, count, days_within, figure, fraction, trait
from seed_gen.schemes.patterns import Pattern, Scene, Schemes


@dataclasses.dataclass(frozen=True)
class Lookalike(Pattern):
    """An honest pattern; `per_thousand` counts its schemes per 1,000 accounts of its pool."""

    per_thousand: float = figure(10.0, low=0, high=100_000)


@dataclasses.dataclass(frozen=True)
class Errands(Lookalike):
    """Many payments of one account within a few hours of one day."""

    payments: tuple[int, int] = between(12, 25, at_least=1, at_most=1_000)
    within_hours: float = figure(6.0, low=0.1, high=24)
    days: tuple[float, float] = between(0.0, 1.0, at_most=1)
    amount_below_usual: float = figure(1.2, low=-5, high=5)

    def build(self, scene: Scene, schemes: Schemes) -> Rows:
        """Return the payments; see `Pattern.build`."""
        of_row = schemes.of_row()
        size = len(of_row)
        account = schemes.accounts[of_row, 0]
        day = scene.start_days("start", len(schemes), self.days)
        start = scene.clock.draw_on_days(scene.rng("moment"), day, night=False)
        latest = (day + 1) * DAY - int(self.within_hours * HOUR)
        start = np.minimum(start, np.maximum(latest, day * DAY))
        later = (scene.rng("later").random(size) * self.within_hours * HOUR).astype(np.int64)
        second = np.minimum(start[of_row] + later, scene.clock.seconds - 1)
        usual = scene.population.log_mean[account] - self.amount_below_usual
        inside = scene.rng("internal").random(size) < 0.3
        receiver = scene.other_account("receiver", account)
        return Rows(
            account=account,
            second=second.astype(np.int32),
            cents=scene.amounts(size, usual, 1.0),
            kind=scene.kinds(scene.customs.debit_kinds, size),
            receiver=np.where(inside, receiver, NONE).astype(np.int32),
            beneficiary=np.where(inside, NONE, scene.known_beneficiary("beneficiary", account)),
            device=scene.population.home_device[account],
            scheme=of_row,
        )


@dataclasses.dataclass(frozen=True)
class Takings(Lookalike):
    """A shopkeeper brings the day's takings to the bank: cash deposits around the 10,000 line."""

    counted: ClassVar[str] = "deposits"

    deposits: tuple[int, int] = between(2, 7, at_least=1, at_most=100)
    within_days: int = days_within(3)
    amount: tuple[int, int] = between(7_800, 10_400, at_least=1)
    night_share: float = fraction(0.40)  # after closing time

    def build(self, scene: Scene, schemes: Schemes) -> Rows:
        """Return the deposits; see `Pattern.build`."""
        of_row = schemes.of_row()
        size = len(of_row)
        account = schemes.accounts[of_row, 0]
        night = scene.rng("night").random(size) < self.night_share
        return Rows(
            account=account,
            second=scene.burst(schemes, (0.0, 1.0), self.within_days, night),
            cents=scene.cash_amounts(size, self.amount),
            kind=scene.kinds(scene.customs.deposit_kinds, size),
            receiver=account,
            device=scene.population.home_device[account],
            scheme=of_row,
        )


@dataclasses.dataclass(frozen=True)
class LargePayments(Lookalike):
    """A few payments far above the usual, over some weeks, often from another device."""

    payments: tuple[int, int] = between(1, 1, at_least=1, at_most=100)
    within_days: int = days_within(1)
    days: tuple[float, float] = between(0.0, 1.0, at_most=1)
    amount_log_mean: float = figure(11.0, low=0, high=16)
    amount_log_sigma: float = figure(0.8, low=0, high=3)
    other_device_share: float = fraction(0.25)
    night_share: float = fraction(0.15)
    high_risk_share: float = fraction(0.35)
    risky: str = trait("risky_countries")  # the payees that are high-risk

    def build(self, scene: Scene, schemes: Schemes) -> Rows:
        """Return the payments; see `Pattern.build`."""
        of_row = schemes.of_row()
        size = len(of_row)
        account = schemes.accounts[of_row, 0]
        night = scene.rng("night").random(size) < self.night_share
        risky = scene.rng("risky").random(len(schemes)) < self.high_risk_share
        away = scene.rng("away").random(size) < self.other_device_share
        home = scene.population.home_device[account]
        return Rows(
            account=account,
            second=scene.burst(schemes, self.days, self.within_days, night),
            cents=scene.amounts(size, self.amount_log_mean, self.amount_log_sigma),
            kind=scene.kinds(scene.customs.debit_kinds, size),
            beneficiary=scene.payees(risky, self.risky)[of_row],
            device=np.where(away, scene.any_device("device", size), home),
            scheme=of_row,
        )


@dataclasses.dataclass(frozen=True)
class ServiceDesk(Lookalike):
    """Neighbours pay one school or agent from the device at its desk, over some weeks."""

    night_share: float = fraction(0.30)
    accounts: int = count(8, low=2, high=100)
    payments: int = count(5, high=1_000)
    within_days: int = days_within(45)
    amount_log_mean: float = figure(9.3, low=0, high=16)
    amount_log_sigma: float = figure(0.6, low=0, high=3)
    high_risk_share: float = fraction(0.60)

    def build(self, scene: Scene, schemes: Schemes) -> Rows:
        """Return the payments; see `Pattern.build`."""
        of_row = schemes.of_row()
        size = len(of_row)
        account = np.repeat(schemes.accounts.ravel(), self.payments)
        start = scene.start_days("start", len(schemes), (0.0, 1.0), self.within_days)
        night = scene.rng("night").random(size) < self.night_share
        day = start[of_row] + scene.rng("later").integers(0, self.within_days, size=size)
        risky = scene.rng("risky").random(len(schemes)) < self.high_risk_share
        return Rows(
            account=account,
            second=scene.clock.draw_on_days(scene.rng("moment"), day, night),
            cents=scene.amounts(size, self.amount_log_mean, self.amount_log_sigma),
            kind=scene.kinds(scene.customs.debit_kinds, size),
            beneficiary=scene.payees(risky, "high_risk")[of_row],
            device=scene.any_device("device", len(schemes))[of_row],
            scheme=of_row,
        )


@dataclasses.dataclass(frozen=True)
class PassedOn(Lookalike):
    """A shared bill: one friend pays another, who pays the third within the hour."""

    accounts: int = count(3, low=3, high=20)
    hop_minutes: tuple[int, int] = between(3, 45, at_least=1, at_most=1_440)
    amount_log_mean: float = figure(8.6, low=0, high=16)
    amount_log_sigma: float = figure(1.0, low=0, high=3)

    def row_range(self) -> tuple[int, int]:
        """Return the payments for a bill: one fewer than friends."""
        return (self.accounts - 1,) * 2

    def build(self, scene: Scene, schemes: Schemes) -> Rows:
        """Return the payments; see `Pattern.build`."""
        of_row, turn = schemes.of_row(), schemes.turn_of_row()
        bills, hops = len(schemes), self.accounts - 1
        size = bills * hops
        low, high = (minutes * 60 for minutes in self.hop_minutes)
        day = scene.start_days("start", bills, (0.0, 1.0), 1 - (-high * (hops - 1) // DAY))
        first = scene.clock.draw_on_days(scene.rng("moment"), day, night=False)
        gaps = scene.rng("gap").integers(low, high, (bills, hops - 1), endpoint=True)
        second = np.column_stack([first, gaps]).cumsum(axis=1)
        account = schemes.accounts[of_row, turn]
        return Rows(
            account=account,
            second=second.ravel().astype(np.int32),
            cents=scene.amounts(size, self.amount_log_mean, self.amount_log_sigma),
            kind=scene.kinds(scene.customs.debit_kinds, size),
            receiver=schemes.accounts[of_row, turn + 1],
            device=scene.population.home_device[account],
            scheme=of_row,
        )


ACTIVE: tuple[Lookalike, ...] = (
    # A wedding, a move, a sale: an ordinary account pays many people on one day.
    Errands(name="busy_day", per_thousand=15.0),
    # A new customer furnishes a home: many payments soon after the account was opened.
    Errands(name="settling_in", pool="new", per_thousand=250.0, days=(0.0, 0.20)),
    # A business pays its staff within the hour.
    Errands(
        name="payroll",
        pool="business",
        per_thousand=4_000.0,
        payments=(10, 30),
        within_hours=1.0,
        amount_below_usual=-0.5,
    ),
    Takings(name="takings", per_thousand=250.0),
    # A car, a flat, a hospital bill: one very large payment, in the festive months.
    LargePayments(name="big_ticket", per_thousand=150.0, days=(0.35, 1.0), high_risk_share=0.50),
    # A new customer's first large purchase, soon after the account was opened.
    LargePayments(
        name="first_purchase", pool="new", risky="high_risk", per_thousand=700.0, days=(0.0, 0.25)
    ),
    # Savings go to a crypto exchange or a broker abroad, again and again. Half of the payments are
    # at night, when markets elsewhere are open.
    LargePayments(
        name="investor",
        pool="investors",
        risky="exits",
        per_thousand=2_500.0,
        days=(0.35, 1.0),
        night_share=0.50,
        payments=(3, 9),
        within_days=12,
        amount_log_mean=11.3,
        amount_log_sigma=0.9,
        high_risk_share=1.0,
    ),
    ServiceDesk(name="service_desk", per_thousand=5.0),
    PassedOn(name="passed_on", per_thousand=150.0),
)


def registry() -> Mapping[str, Lookalike]:
    """Return every look-alike with its default figures, by its name."""
    return types.MappingProxyType({lookalike.name: lookalike for lookalike in ACTIVE})
