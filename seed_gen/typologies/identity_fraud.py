"""Identity fraud: an account opened with a stolen identity makes one very large payment."""

import dataclasses
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from seed_gen.figures.fields import between, count, figure, fraction
from seed_gen.schemes.patterns import Pool, Scene, Schemes
from seed_gen.typologies.base import Marks, Payments


@dataclasses.dataclass(frozen=True)
class IdentityFraud(Payments):
    """One payment, made while the account has been open for fewer than `open_days_below` days."""

    name: ClassVar[str] = "identity_fraud"
    role: ClassVar[str] = "impostor"
    pool: ClassVar[Pool] = "new"

    volume: float = fraction(0.01)
    payments: tuple[int, int] = between(1, 1, at_least=1, at_most=100)
    amount_log_mean: float = figure(11.0, low=0, high=16)
    amount_log_sigma: float = figure(0.6, low=0, high=3)
    days: tuple[float, float] = between(0.0, 0.25, at_most=1)
    high_risk_share: float = fraction(0.30)
    open_days_below: int = count(60)

    def moments(self, scene: Scene, schemes: Schemes, night: Marks) -> NDArray[np.int32]:
        """Return when each payment is made, before the account's age reaches the limit."""
        age = scene.population.open_days[schemes.accounts[schemes.of_row(), 0]]
        first, last = scene.clock.day_range(self.days)
        room = np.maximum(np.minimum(last, self.open_days_below - 1 - age) - first + 1, 1)
        day = first + (scene.rng("start").random(len(age)) * room).astype(np.int64)
        return scene.clock.draw_on_days(scene.rng("moment"), day, night)


TYPOLOGY = IdentityFraud
