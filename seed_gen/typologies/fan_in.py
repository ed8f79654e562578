"""Fan-in: many accounts pay one within days."""

import dataclasses
from typing import ClassVar

from seed_gen.figures.fields import between
from seed_gen.typologies.graph import Graph, Payment


@dataclasses.dataclass(frozen=True)
class FanIn(Graph):
    """Each source pays the collector once."""

    name: ClassVar[str] = "fan_in"
    arms: tuple[int, int] = between(6, 12, at_least=1, at_most=50)

    def payments(self) -> list[Payment]:
        """Return the drawing; see `Graph.payments`."""
        return [Payment(1 + arm, 0, 1, arm, "source") for arm in range(self.arms[1])]


TYPOLOGY = FanIn
