# ruff: noqa: RUF009 (`trait` declares a field, as `figure` does)
"""The interface of every scheme: typologies and their honest look-alikes.

A pattern says which pool its accounts come from, how many rows each of its schemes has, and how to
build them. The plan counts schemes and rows before anything is generated; a block's rows are built
later, from the block's own streams. `Scene` is all that a pattern sees while it builds.
"""

from __future__ import annotations

import dataclasses
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from seed_gen.bank.population import Population
from seed_gen.draws.amounts import Cents, Habits, lognormal_cents
from seed_gen.draws.clock import DAY, Clock, Seconds
from seed_gen.draws.randomness import Streams, draw_16_bits, draw_between, weighted_table
from seed_gen.draws.rows import IS_CASH, IS_CREDIT, NONE, Rows, kind_weights
from seed_gen.figures.fields import trait
from seed_gen.figures.world import World

Numbers = NDArray[np.int32]
Pool = Literal[
    "ordinary", "new", "business", "investors", "launderers", "victims", "dormant", "inactive"
]


@dataclasses.dataclass(frozen=True)
class Schemes:
    """The schemes of one pattern in one block.

    `accounts` has a row per scheme and a column per account taking part, `sizes` the rows of each
    scheme, `starts` the second at which each must begin (`NONE`: the pattern chooses).
    """

    accounts: Numbers
    sizes: Numbers
    starts: Seconds

    def __len__(self) -> int:
        return len(self.sizes)

    def of_row(self) -> Numbers:
        """Return the scheme of each row, schemes one after another."""
        return np.repeat(np.arange(len(self), dtype=np.int32), self.sizes)

    def turn_of_row(self) -> Numbers:
        """Return each row's place within its scheme, counted from 0."""
        firsts = np.cumsum(self.sizes) - self.sizes
        return (np.arange(self.sizes.sum()) - np.repeat(firsts, self.sizes)).astype(np.int32)


@dataclasses.dataclass(frozen=True)
class Customs:
    """What schemes share with everyday rows: the kinds of payment, how amounts are rounded."""

    debit_kinds: NDArray[np.int16]
    deposit_kinds: NDArray[np.int16]
    transfer_habits: Habits
    cash_habits: Habits

    @classmethod
    def of(cls, world: World) -> Customs:
        """Derive them from the configuration."""
        behaviour = world.behaviour
        debits = kind_weights(behaviour.channels.parts(), world.payments, credit_share=0)
        round_share, cash_round_share = behaviour.round_share, behaviour.cash_round_share
        return cls(
            debit_kinds=weighted_table(debits * ~IS_CASH),
            deposit_kinds=weighted_table((IS_CASH & IS_CREDIT).astype(np.float64)),
            transfer_habits=Habits(
                round_share, hundreds=0.06, tens=0.08, rupees=0.24, halves=0.04, prices=0.10
            ),
            cash_habits=Habits(cash_round_share, hundreds=0.45, tens=0.10, rupees=0.10),
        )


@dataclasses.dataclass(frozen=True)
class Scene:
    """What a pattern sees while it builds the rows of one block."""

    name: str
    block: int
    streams: Streams
    clock: Clock
    population: Population
    customs: Customs

    def rng(self, what: str) -> np.random.Generator:
        """Return the pattern's own stream for one thing it draws in this block."""
        return self.streams.get(f"{self.name}.{what}", self.block)

    def amounts(self, size: int, log_mean: float | NDArray[np.float64], log_sigma: float) -> Cents:
        """Draw lognormal amounts of transfers in cents, rounded as all transfers are."""
        cents = lognormal_cents(self.rng("amount"), log_mean, log_sigma, size)
        return self.customs.transfer_habits.apply(cents, draw_16_bits(self.rng("habit"), size))

    def cash_amounts(self, size: int, rupees: tuple[int, int], prefix: str = "") -> Cents:
        """Draw amounts of cash, uniform between two bounds that hold after rounding too."""
        low, high = rupees[0] * 100, rupees[1] * 100
        cents = self.rng(f"{prefix}amount").integers(
            low, high, size=size, endpoint=True, dtype=np.int64
        )
        bits = draw_16_bits(self.rng(f"{prefix}habit"), size)
        return self.customs.cash_habits.apply_within(cents, bits, low, high)

    def kinds(self, table: NDArray[np.int16], size: int) -> NDArray[np.int8]:
        """Draw the kind of each row from a table of kinds."""
        return table[draw_16_bits(self.rng("kind"), size)].astype(np.int8)

    def pick(self, what: str, among: Numbers, size: int) -> Numbers:
        """Draw `size` members of `among`, each equally likely."""
        return among[self.rng(what).integers(0, len(among), size=size)]

    def any_device(self, what: str, size: int) -> Numbers:
        """Draw `size` devices of the whole population."""
        devices = len(self.population.devices["os_type"])
        return self.rng(what).integers(0, devices, size=size, dtype=np.int32)

    def other_device(self, what: str, devices: Numbers) -> Numbers:
        """Draw for each of `devices` another one of the whole population."""
        total = len(self.population.devices["os_type"])
        step = self.rng(what).integers(1, total, size=len(devices))
        return ((devices + step) % total).astype(np.int32)

    def any_beneficiary(self, what: str, size: int) -> Numbers:
        """Draw `size` beneficiaries that are no exits."""
        return self.pick(what, self.population.payees["usual"], size)

    def other_account(self, what: str, accounts: Numbers) -> Numbers:
        """Draw for each of `accounts` another account of the bank."""
        total = self.population.size
        step = self.rng(what).integers(1, total, size=len(accounts))
        return ((accounts + step) % total).astype(np.int32)

    def known_beneficiary(self, what: str, accounts: Numbers) -> Numbers:
        """Draw for each account one of the beneficiaries it knows."""
        among = self.population.known_count[accounts]
        turn = (self.rng(what).random(len(accounts)) * among).astype(np.int64)
        return self.population.known[accounts, turn]

    def payees(self, risky: NDArray[np.bool_], sort: str) -> Numbers:
        """Draw a beneficiary for each mark: one of a sort of payees where it is set, else any."""
        chosen = self.pick("beneficiary", self.population.payees[sort], len(risky))
        return np.where(risky, chosen, self.any_beneficiary("other", len(risky)))

    def start_days(
        self, what: str, size: int, days: tuple[float, float], length: int = 1
    ) -> NDArray[np.int64]:
        """Draw start days such that `length` whole days lie within the fractions of the window."""
        first, last = self.clock.day_range(days, length)
        return self.rng(what).integers(first, last, size=size, endpoint=True, dtype=np.int64)

    def burst(
        self, schemes: Schemes, days: tuple[float, float], within: int, night: NDArray[np.bool_]
    ) -> Seconds:
        """Return a moment for each row: the first begins its scheme, the rest within `within` days.

        `night` marks the rows whose hour is drawn as criminals choose it. Schemes with a start keep
        it to the second; the others start on a day within the fractions `days` of the window.
        """
        of_row, turn = schemes.of_row(), schemes.turn_of_row()
        size = len(of_row)
        free = self.start_days("start", len(schemes), days, within)
        fixed = schemes.starts != NONE
        day = np.where(fixed, schemes.starts // DAY, free)
        later = self.rng("later").integers(0, within, size=size)
        later[turn == 0] = 0
        second = self.clock.draw_on_days(self.rng("moment"), day[of_row] + later, night)
        begins = np.where(fixed, schemes.starts, second[turn == 0])[of_row]
        second = np.where(turn == 0, begins, second)
        return np.where(second < begins, second + DAY, second).astype(np.int32)


@dataclasses.dataclass(frozen=True)
class Pattern:
    """A scheme that accounts take part in. Subclasses hold its figures as fields.

    Where they have them, `accounts` take part in each scheme, and a scheme with a fixed start lasts
    at most `within_days`.
    """

    name: str = trait("")
    pool: Pool = trait("ordinary")
    flow: ClassVar[bool] = False
    counted: ClassVar[str] = "payments"  # how many a scheme has; a number: each of its accounts

    @property
    def accounts_per_scheme(self) -> int:
        """The accounts that take part in one scheme."""
        return int(getattr(self, "accounts", 1))

    @property
    def longest_days(self) -> int:
        """The most days that a scheme with a fixed start can last."""
        return int(getattr(self, "within_days", 1))

    def row_range(self) -> tuple[int, int]:
        """Return the fewest and the most rows of a scheme; every number between is as likely."""
        rows = getattr(self, self.counted)
        low, high = rows if isinstance(rows, tuple) else (rows * self.accounts_per_scheme,) * 2
        return low, high

    def sizes(self, rng: np.random.Generator, schemes: int) -> Numbers:
        """Draw the rows of each of `schemes` schemes."""
        return draw_between(rng, self.row_range(), schemes)

    def rows_per_scheme(self) -> float:
        """Return the mean rows of a scheme."""
        return sum(self.row_range()) / 2

    def build(self, scene: Scene, schemes: Schemes) -> Rows:
        """Return the rows of all `schemes`, schemes one after another, in columns.

        `Rows.scheme` numbers the schemes from 0. The caller sets the labels.
        """
        raise NotImplementedError
