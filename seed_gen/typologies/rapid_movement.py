"""Rapid movement: what an account receives leaves it within a day."""

import dataclasses
from typing import ClassVar

from seed_gen.figures.fields import between, figure
from seed_gen.typologies.graph import OUT, Graph, Payment


@dataclasses.dataclass(frozen=True)
class RapidMovement(Graph):
    """Every arm is a source's payment to the mule, and the mule's to one outsider hours later."""

    name: ClassVar[str] = "rapid_movement"
    prompt: ClassVar[bool] = True

    arms: tuple[int, int] = between(2, 6, at_least=1, at_most=50)
    spread_days: tuple[int, int] = between(3, 14, at_least=1, at_most=60)
    gap_minutes: tuple[int, int] = between(10, 900, at_least=1, at_most=1_440)
    amount_log_mean: float = figure(9.3, low=0, high=16)

    def payments(self) -> list[Payment]:
        """Return the drawing; see `Graph.payments`."""
        most = self.arms[1]
        received = [Payment(1 + arm, 0, 1, arm, "source") for arm in range(most)]
        passed = [Payment(0, OUT, 2, arm, "mule", (arm,)) for arm in range(most)]
        return received + passed


TYPOLOGY = RapidMovement
