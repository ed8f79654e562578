"""Mule ring: accounts that share one device and pay one high-risk beneficiary."""

import dataclasses
from typing import ClassVar

import numpy as np

from seed_gen.draws.rows import Rows
from seed_gen.figures.fields import between, count, figure, fraction, trait
from seed_gen.schemes.patterns import Scene, Schemes
from seed_gen.typologies.base import Typology


@dataclasses.dataclass(frozen=True)
class MuleRing(Typology):
    """Ten accounts make eight payments each. A flow: its depth is the number of accounts.

    An account's hop is its place in the order in which the accounts first pay.
    """

    name: str = trait("mule_ring")
    role: str = trait("mule")
    signals: tuple[str, ...] = trait(("hours", "device", "beneficiary"))
    flow: ClassVar[bool] = True

    volume: float = fraction(0.25)
    accounts: int = count(10, low=2, high=100)
    payments: int = count(8, high=1_000)
    amount_log_mean: float = figure(9.5, low=0, high=16)
    amount_log_sigma: float = figure(0.5, low=0, high=3)
    days: tuple[float, float] = between(0.50, 0.99, at_most=1)
    active_days: tuple[int, int] = between(10, 40, at_least=1, at_most=1_000)

    def build(self, scene: Scene, schemes: Schemes) -> Rows:
        """Return the payments; see `Pattern.build`."""
        shape = (len(schemes), self.accounts, self.payments)
        of_row = schemes.of_row()
        size = len(of_row)
        missed = self.missed(scene, schemes)
        account = np.repeat(schemes.accounts.ravel(), self.payments)

        first, last = scene.clock.day_range(self.days)
        length = scene.rng("length").integers(*self.active_days, len(schemes), endpoint=True)
        length = np.minimum(length, last - first + 1)
        start = first + scene.rng("start").random(len(schemes)) * (last - first + 2 - length)
        day = start.astype(np.int64)[of_row]
        day += (scene.rng("day").random(size) * length[of_row]).astype(np.int64)
        second = scene.clock.draw_on_days(scene.rng("moment"), day, ~missed["hours"][of_row])

        by_account = second.reshape(shape).min(axis=2)
        place = by_account.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
        hop = np.repeat(place.ravel() + 1, self.payments)
        shared = scene.any_device("device", len(schemes))[of_row]
        beneficiary = scene.payees(~missed["beneficiary"], "high_risk")
        at_home = missed["device"][of_row]
        return Rows(
            account=account,
            second=second,
            cents=scene.amounts(size, self.amount_log_mean, self.amount_log_sigma),
            kind=scene.kinds(scene.customs.debit_kinds, size),
            beneficiary=beneficiary[of_row],
            device=np.where(at_home, scene.population.home_device[account], shared),
            scheme=of_row,
            depth=np.full(size, self.accounts, dtype=np.int32),
            hop=hop.astype(np.int32),
            origin=by_account.min(axis=1)[of_row].astype(np.int32),
        )


TYPOLOGY = MuleRing(skip_share=0.40)
