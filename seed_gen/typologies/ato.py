"""Account takeover: a foreign device sends large payments to high-risk beneficiaries."""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from seed_gen.draws.clock import HOUR
from seed_gen.figures.fields import figure
from seed_gen.schemes.patterns import Scene, Schemes
from seed_gen.typologies.base import Marks, Payments


@dataclasses.dataclass(frozen=True)
class AccountTakeover(Payments):
    """One to four payments within hours. Takes the fraudulent rows that no other typology fills.

    An account is taken over once, as long as there are enough of them.
    """

    within_hours: float = figure(6.0, low=0.1, high=24)

    def moments(self, scene: Scene, schemes: Schemes, night: Marks) -> NDArray[np.int32]:
        """Return when each payment is made."""
        of_row, turn = schemes.of_row(), schemes.turn_of_row()
        day = scene.start_days("start", len(schemes), self.days, length=2)
        first = scene.clock.draw_on_days(scene.rng("moment"), day, night[turn == 0])
        later = scene.rng("later").random(len(turn)) * (self.within_hours * HOUR) * (turn > 0)
        return (first[of_row] + later).astype(np.int32)


TYPOLOGY = AccountTakeover(
    name="ATO",
    pool="victims",
    signals=("hours", "device", "beneficiary", "amount"),
    foreign_device=True,
    fills=True,
    volume=0.25,
    payments=(1, 4),
    amount_log_mean=10.5,
    amount_log_sigma=0.8,
    days=(0.70, 0.99),
)
