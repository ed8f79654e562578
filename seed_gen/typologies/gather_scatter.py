"""Gather-scatter: one account collects from several and pays out to several others."""

import dataclasses
from typing import ClassVar

from seed_gen.figures.fields import between
from seed_gen.typologies.graph import Graph, Payment


@dataclasses.dataclass(frozen=True)
class GatherScatter(Graph):
    """The sources pay the collector, who pays as many others."""

    name: ClassVar[str] = "gather_scatter"
    arms: tuple[int, int] = between(3, 7, at_least=1, at_most=50)

    def payments(self) -> list[Payment]:
        """Return the drawing; see `Graph.payments`."""
        most = self.arms[1]
        gather = [Payment(1 + 2 * arm, 0, 1, arm, "source") for arm in range(most)]
        every = tuple(range(most))
        scatter = [Payment(0, 2 + 2 * arm, 2, arm, "collector", every) for arm in range(most)]
        return gather + scatter


TYPOLOGY = GatherScatter
