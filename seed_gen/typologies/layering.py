"""Layering: money runs round a closed chain of accounts within minutes, shrinking at every hop."""

import dataclasses
from typing import ClassVar

import numpy as np

from seed_gen.draws.amounts import lognormal_cents
from seed_gen.draws.randomness import draw_16_bits
from seed_gen.draws.rows import Rows
from seed_gen.figures.fields import between, count, figure, fraction, trait
from seed_gen.schemes.patterns import Scene, Schemes
from seed_gen.typologies.base import Typology


@dataclasses.dataclass(frozen=True)
class Layering(Typology):
    """Each account pays the next, the last one the first. A flow with one hop per account."""

    name: str = trait("layering")
    role: str = trait("mule")
    flow: ClassVar[bool] = True

    volume: float = fraction(0.25)
    accounts: int = count(3, low=2, high=20)
    hop_minutes: tuple[int, int] = between(5, 30, at_least=1, at_most=1_440)
    amount_log_mean: float = figure(9.0, low=0, high=16)
    amount_log_sigma: float = figure(0.8, low=0, high=3)
    kept: tuple[float, float] = between(0.70, 0.95, at_most=1)
    days: tuple[float, float] = between(0.60, 0.99, at_most=1)

    def row_range(self) -> tuple[int, int]:
        """Return the hops of a chain: one per account."""
        return self.accounts, self.accounts

    def build(self, scene: Scene, schemes: Schemes) -> Rows:
        """Return the hops; see `Pattern.build`."""
        chains, hops = len(schemes), self.accounts
        of_row, turn = schemes.of_row(), schemes.turn_of_row()
        missed = self.missed(scene, schemes)
        second = scene.relay((chains, hops), self.days, self.hop_minutes, ~missed["hours"])

        cents = np.empty((chains, hops), dtype=np.int64)
        habits = scene.customs.transfer_habits
        bits = draw_16_bits(scene.rng("habit"), chains * hops).reshape(chains, hops)
        first = lognormal_cents(
            scene.rng("amount"), self.amount_log_mean, self.amount_log_sigma, chains
        )
        cents[:, 0] = habits.apply(np.maximum(first, 1_000), bits[:, 0])
        kept = scene.rng("kept").uniform(*self.kept, (chains, hops - 1))
        for hop in range(1, hops):
            before = cents[:, hop - 1]
            passed = np.maximum(np.rint(before * kept[:, hop - 1]).astype(np.int64), 1)
            low_cents = np.ceil(before * self.kept[0]).astype(np.int64)
            high_cents = np.floor(before * self.kept[1]).astype(np.int64)
            rounded = habits.apply(passed, bits[:, hop])
            fits = (rounded >= low_cents) & (rounded <= high_cents)
            cents[:, hop] = np.where(fits, rounded, np.clip(passed, low_cents, high_cents))

        account = schemes.accounts.ravel()
        return Rows(
            account=account,
            second=second.ravel().astype(np.int32),
            cents=cents.ravel(),
            kind=scene.kinds(scene.customs.debit_kinds, chains * hops),
            receiver=np.roll(schemes.accounts, -1, axis=1).ravel(),
            device=scene.population.home_device[account],
            scheme=of_row,
            depth=np.full(chains * hops, hops, dtype=np.int32),
            hop=turn + 1,
            origin=np.repeat(second[:, 0], hops).astype(np.int32),
        )


TYPOLOGY = Layering()
