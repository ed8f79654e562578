"""Account takeover: a foreign device sends large payments to high-risk beneficiaries."""

import dataclasses
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from seed_gen.draws.clock import HOUR
from seed_gen.figures.fields import between, figure, fraction
from seed_gen.schemes.patterns import Pool, Scene, Schemes
from seed_gen.typologies.base import Marks, Payments


@dataclasses.dataclass(frozen=True)
class AccountTakeover(Payments):
    """One to four payments within hours. Takes the fraudulent rows that no other typology fills.

    An account is taken over once, as long as there are enough of them.
    """

    name: ClassVar[str] = "ATO"
    pool: ClassVar[Pool] = "victims"
    signals: ClassVar[tuple[str, ...]] = ("hours", "device", "beneficiary", "amount")
    fills: ClassVar[bool] = True
    foreign_device: ClassVar[bool] = True

    volume: float = fraction(0.25)
    payments: tuple[int, int] = between(1, 4, at_least=1, at_most=100)
    within_hours: float = figure(6.0, low=0.1, high=24)
    amount_log_mean: float = figure(10.5, low=0, high=16)
    amount_log_sigma: float = figure(0.8, low=0, high=3)
    days: tuple[float, float] = between(0.70, 0.99, at_most=1)

    def moments(self, scene: Scene, schemes: Schemes, night: Marks) -> NDArray[np.int32]:
        """Return when each payment is made."""
        of_row, turn = schemes.of_row(), schemes.turn_of_row()
        day = scene.start_days("start", len(schemes), self.days, length=2)
        first = scene.clock.draw_on_days(scene.rng("moment"), day, night[turn == 0])
        later = scene.rng("later").random(len(turn)) * (self.within_hours * HOUR) * (turn > 0)
        return (first[of_row] + later).astype(np.int32)


TYPOLOGY = AccountTakeover
