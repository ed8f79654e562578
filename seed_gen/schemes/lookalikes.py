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
from seed_gen.figures.fields import between, count, days_within, figure, fraction
from seed_gen.schemes.patterns import Pattern, Pool, Scene, Schemes


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

    def row_range(self) -> tuple[int, int]:
        """Return the fewest and the most payments of a day."""
        return self.payments

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
class BusyDay(Errands):
    """A wedding, a move, a sale: an ordinary account pays many people on one day."""

    name: ClassVar[str] = "busy_day"
    per_thousand: float = figure(15.0, low=0, high=100_000)


@dataclasses.dataclass(frozen=True)
class SettlingIn(Errands):
    """A new customer furnishes a home: many payments soon after the account was opened."""

    name: ClassVar[str] = "settling_in"
    pool: ClassVar[Pool] = "new"
    per_thousand: float = figure(250.0, low=0, high=100_000)
    days: tuple[float, float] = between(0.0, 0.20, at_most=1)


@dataclasses.dataclass(frozen=True)
class Payroll(Errands):
    """A business pays its staff within the hour."""

    name: ClassVar[str] = "payroll"
    pool: ClassVar[Pool] = "business"
    per_thousand: float = figure(4_000.0, low=0, high=100_000)
    payments: tuple[int, int] = between(10, 30, at_least=1, at_most=1_000)
    within_hours: float = figure(1.0, low=0.1, high=24)
    amount_below_usual: float = figure(-0.5, low=-5, high=5)


@dataclasses.dataclass(frozen=True)
class Takings(Lookalike):
    """A shopkeeper brings the day's takings to the bank: cash deposits around the 10,000 line."""

    name: ClassVar[str] = "takings"

    per_thousand: float = figure(210.0, low=0, high=100_000)
    deposits: tuple[int, int] = between(2, 7, at_least=1, at_most=100)
    within_days: int = days_within(3)
    amount: tuple[int, int] = between(7_800, 10_400, at_least=1)
    night_share: float = fraction(0.40)  # after closing time

    def row_range(self) -> tuple[int, int]:
        """Return the fewest and the most deposits of a shopkeeper."""
        return self.deposits

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
    risky: ClassVar[str] = "risky_countries"  # the payees that are high-risk

    def row_range(self) -> tuple[int, int]:
        """Return the fewest and the most payments of a customer."""
        return self.payments

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
class BigTicket(LargePayments):
    """A car, a flat, a hospital bill: one very large honest payment."""

    name: ClassVar[str] = "big_ticket"
    per_thousand: float = figure(150.0, low=0, high=100_000)
    days: tuple[float, float] = between(0.35, 1.0, at_most=1)  # the festive months
    high_risk_share: float = fraction(0.50)


@dataclasses.dataclass(frozen=True)
class FirstPurchase(LargePayments):
    """A new customer's first large purchase, soon after the account was opened."""

    name: ClassVar[str] = "first_purchase"
    pool: ClassVar[Pool] = "new"
    risky: ClassVar[str] = "high_risk"
    per_thousand: float = figure(700.0, low=0, high=100_000)
    days: tuple[float, float] = between(0.0, 0.25, at_most=1)


@dataclasses.dataclass(frozen=True)
class Investor(LargePayments):
    """Savings go to one crypto exchange or one broker abroad, month after month."""

    name: ClassVar[str] = "investor"
    pool: ClassVar[Pool] = "investors"
    risky: ClassVar[str] = "exits"
    per_thousand: float = figure(2_500.0, low=0, high=100_000)
    days: tuple[float, float] = between(0.35, 1.0, at_most=1)
    night_share: float = fraction(0.50)  # markets elsewhere are open then
    payments: tuple[int, int] = between(3, 9, at_least=1, at_most=100)
    within_days: int = days_within(12)
    amount_log_mean: float = figure(10.8, low=0, high=16)
    amount_log_sigma: float = figure(0.9, low=0, high=3)
    other_device_share: float = fraction(0.25)
    high_risk_share: float = fraction(1.0)


@dataclasses.dataclass(frozen=True)
class ServiceDesk(Lookalike):
    """Neighbours pay one school or agent from the device at its desk, over some weeks."""

    name: ClassVar[str] = "service_desk"

    per_thousand: float = figure(5.0, low=0, high=100_000)
    night_share: float = fraction(0.30)
    accounts: int = count(8, low=2, high=100)
    payments: int = count(5, high=1_000)
    within_days: int = days_within(45)
    amount_log_mean: float = figure(9.3, low=0, high=16)
    amount_log_sigma: float = figure(0.6, low=0, high=3)
    high_risk_share: float = fraction(0.60)

    @property
    def accounts_per_scheme(self) -> int:
        """The neighbours of one desk."""
        return self.accounts

    def row_range(self) -> tuple[int, int]:
        """Return the payments at a desk: as many at each."""
        return (self.accounts * self.payments,) * 2

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

    name: ClassVar[str] = "passed_on"

    per_thousand: float = figure(60.0, low=0, high=100_000)
    accounts: int = count(3, low=3, high=20)
    hop_minutes: tuple[int, int] = between(3, 45, at_least=1, at_most=1_440)
    amount_log_mean: float = figure(8.6, low=0, high=16)
    amount_log_sigma: float = figure(1.0, low=0, high=3)

    @property
    def accounts_per_scheme(self) -> int:
        """The friends who share a bill; the last one only receives."""
        return self.accounts

    def row_range(self) -> tuple[int, int]:
        """Return the payments for a bill: one fewer than friends."""
        return (self.accounts - 1,) * 2

    def build(self, scene: Scene, schemes: Schemes) -> Rows:
        """Return the payments; see `Pattern.build`."""
        of_row, turn = schemes.of_row(), schemes.turn_of_row()
        bills, hops = len(schemes), self.accounts - 1
        size = bills * hops
        second = scene.relay((bills, hops), (0.0, 1.0), self.hop_minutes, night=False)
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


ACTIVE: tuple[type[Lookalike], ...] = (
    BusyDay,
    SettlingIn,
    Payroll,
    Takings,
    BigTicket,
    FirstPurchase,
    Investor,
    ServiceDesk,
    PassedOn,
)


def registry() -> Mapping[str, Lookalike]:
    """Return every look-alike with its default figures, by its name."""
    return types.MappingProxyType({kind.name: kind() for kind in ACTIVE})
