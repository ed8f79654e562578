"""Scatter-gather: one account pays several, who all pay one other."""

import dataclasses
from typing import ClassVar

from seed_gen.figures.fields import between
from seed_gen.typologies.graph import Graph, Payment


@dataclasses.dataclass(frozen=True)
class ScatterGather(Graph):
    """The source pays each mule, each mule the collector."""

    name: ClassVar[str] = "scatter_gather"
    arms: tuple[int, int] = between(3, 7, at_least=1, at_most=50)

    def payments(self) -> list[Payment]:
        """Return the drawing; see `Graph.payments`."""
        most = self.arms[1]
        scatter = [Payment(0, 2 + arm, 1, arm, "source") for arm in range(most)]
        gather = [Payment(2 + arm, 1, 2, arm, "mule", (arm,)) for arm in range(most)]
        return scatter + gather


TYPOLOGY = ScatterGather
