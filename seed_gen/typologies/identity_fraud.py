"""Identity fraud: an account opened with a stolen identity makes one very large payment."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from seed_gen.figures.fields import count
from seed_gen.schemes.patterns import Scene, Schemes
from seed_gen.typologies.base import Marks, Payments


@dataclasses.dataclass(frozen=True)
class IdentityFraud(Payments):
    """One payment, made while the account has been open for fewer than `open_days_below` days."""

    open_days_below: int = count(60)

    def moments(self, scene: Scene, schemes: Schemes, night: Marks) -> NDArray[np.int32]:
        """Return when each payment is made, before the account's age reaches the limit."""
        age = scene.population.open_days[schemes.accounts[schemes.of_row(), 0]]
        first, last = scene.clock.day_range(self.days)
        room = np.maximum(np.minimum(last, self.open_days_below - 1 - age) - first + 1, 1)
        day = first + (scene.rng("start").random(len(age)) * room).astype(np.int64)
        return scene.clock.draw_on_days(scene.rng("moment"), day, night)


TYPOLOGY = IdentityFraud(
    name="identity_fraud",
    role="impostor",
    pool="new",
    volume=0.01,
    payments=(1, 1),
    amount_log_mean=11.0,
    amount_log_sigma=0.6,
    days=(0.0, 0.25),
    high_risk_share=0.30,
)
