# ruff: noqa: RUF009 (`trait` declares a field, as `figure` does)
"""What all typologies share, and the three shapes that several of them take."""

import dataclasses
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from seed_gen.draws.rows import NONE, Rows
from seed_gen.figures.fields import between, days_within, figure, fraction, trait
from seed_gen.schemes.patterns import Numbers, Pattern, Pool, Scene, Schemes

Marks = NDArray[np.bool_]


@dataclasses.dataclass(frozen=True)
class Typology(Pattern):
    """A way to commit or launder; its rows are labelled.

    For a dormant or inactive typology, `volume` is its share of that set of accounts at the default
    fraud rate. For the others it is a share, relative to each other, of the fraudulent rows that
    remain. A share `skip_share` of the schemes misses one of the typology's `signals`.
    """

    pool: Pool = trait("launderers")
    signals: tuple[str, ...] = trait(("hours",))
    role: str = trait("victim")  # of each row that names none
    fills: bool = trait(False)  # takes the rows that the others leave

    volume: float = fraction(0.0)
    skip_share: float = fraction(0.25)

    def missed(self, scene: Scene, schemes: Schemes) -> dict[str, Marks]:
        """Draw the schemes that miss a signal; return, by signal, one mark per scheme."""
        chance = scene.rng("skip").random(len(schemes))
        which = np.full(len(schemes), NONE)
        if self.skip_share > 0:
            turn = (chance / self.skip_share * len(self.signals)).astype(np.int64)
            which = np.where(chance < self.skip_share, turn, NONE)
        return {signal: which == turn for turn, signal in enumerate(self.signals)}

    def slow(self, scene: Scene, schemes: Schemes) -> Marks:
        """Mark the schemes that take longer than the others: none by default."""
        return np.zeros(len(schemes), dtype=np.bool_)

    def devices(self, scene: Scene, schemes: Schemes, at_home: Marks) -> Numbers:
        """Return each row's device: one foreign device per scheme, or the account's own."""
        of_row = schemes.of_row()
        home = scene.population.home_device[schemes.accounts[:, 0]]
        foreign = scene.other_device("device", home)
        return np.where(at_home, home, foreign)[of_row]


@dataclasses.dataclass(frozen=True)
class Payments(Typology):
    """One account pays large sums in a short time: takeovers and the moves to an exit."""

    signals: tuple[str, ...] = trait(("hours", "amount"))
    exits_only: bool = trait(False)
    foreign_device: bool = trait(False)

    payments: tuple[int, int] = between(1, 1, at_least=1, at_most=100)
    within_days: int = days_within(1)
    amount_log_mean: float = figure(10.0, low=0, high=16)
    amount_log_sigma: float = figure(1.0, low=0, high=3)
    days: tuple[float, float] = between(0.0, 1.0, at_most=1)
    high_risk_share: float = fraction(1.0)
    modest_by: float = figure(2.5, low=0, high=10)  # below the log-mean, to miss `amount`

    def moments(self, scene: Scene, schemes: Schemes, night: Marks) -> NDArray[np.int32]:
        """Return when each payment is made."""
        return scene.burst(schemes, self.days, self.within_days, night)

    def build(self, scene: Scene, schemes: Schemes) -> Rows:
        """Return the payments; see `Pattern.build`."""
        missed = self.missed(scene, schemes)
        none = np.zeros(len(schemes), dtype=np.bool_)
        of_row = schemes.of_row()
        size = len(of_row)
        risky = scene.rng("risky").random(size) < self.high_risk_share
        risky &= ~missed.get("beneficiary", none)[of_row]
        pool = "exits" if self.exits_only else "high_risk"
        account = schemes.accounts[of_row, 0]
        at_home = missed.get("device", none) if self.foreign_device else ~none
        return Rows(
            account=account,
            second=self.moments(scene, schemes, ~missed["hours"][of_row]),
            cents=scene.amounts(
                size,
                self.amount_log_mean - np.where(missed["amount"][of_row], self.modest_by, 0.0),
                self.amount_log_sigma,
            ),
            kind=scene.kinds(scene.customs.debit_kinds, size),
            beneficiary=scene.payees(risky, pool),
            device=self.devices(scene, schemes, at_home),
            scheme=of_row,
        )


@dataclasses.dataclass(frozen=True)
class Structuring(Typology):
    """Bursts of cash deposits just under the 10,000 line, always in the customer's own book."""

    counted: ClassVar[str] = "deposits"
    signals: tuple[str, ...] = trait(("hours", "amount"))

    deposits: tuple[int, int] = between(4, 8, at_least=1, at_most=100)
    within_days: int = days_within(2)
    amount: tuple[int, int] = between(8_500, 9_999, at_least=1)
    any_amount: tuple[int, int] = between(3_000, 14_000, at_least=1)  # to miss `amount`
    days: tuple[float, float] = between(0.0, 1.0, at_most=1)

    def build(self, scene: Scene, schemes: Schemes) -> Rows:
        """Return the deposits; see `Pattern.build`."""
        of_row = schemes.of_row()
        size = len(of_row)
        account = schemes.accounts[of_row, 0]
        missed = self.missed(scene, schemes)
        night = ~missed["hours"][of_row]
        anything = scene.cash_amounts(size, self.any_amount, "any_")
        return Rows(
            account=account,
            second=scene.burst(schemes, self.days, self.within_days, night),
            cents=np.where(
                missed["amount"][of_row], anything, scene.cash_amounts(size, self.amount)
            ),
            kind=scene.kinds(scene.customs.deposit_kinds, size),
            receiver=account,
            device=scene.population.home_device[account],
            scheme=of_row,
        )
