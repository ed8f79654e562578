"""Fan-out: one account spreads its money over many within days."""

import dataclasses
from typing import ClassVar

from seed_gen.figures.fields import between
from seed_gen.typologies.graph import Graph, Payment


@dataclasses.dataclass(frozen=True)
class FanOut(Graph):
    """The source pays each of the others once."""

    name: ClassVar[str] = "fan_out"
    arms: tuple[int, int] = between(6, 12, at_least=1, at_most=50)

    def payments(self) -> list[Payment]:
        """Return the drawing; see `Graph.payments`."""
        return [Payment(0, 1 + arm, 1, arm, "source") for arm in range(self.arms[1])]


TYPOLOGY = FanOut
