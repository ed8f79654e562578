"""Bipartite: each of several sources pays each of several collectors."""

import dataclasses
from typing import ClassVar

from seed_gen.figures.fields import between, count
from seed_gen.typologies.graph import Graph, Payment


@dataclasses.dataclass(frozen=True)
class Bipartite(Graph):
    """Every arm is one source that pays all `collectors`."""

    name: ClassVar[str] = "bipartite"
    arms: tuple[int, int] = between(2, 5, at_least=1, at_most=50)
    collectors: int = count(3, high=20)

    def payments(self) -> list[Payment]:
        """Return the drawing; see `Graph.payments`."""
        return [
            Payment(self.collectors + arm, payee, 1, arm, "source")
            for arm in range(self.arms[1])
            for payee in range(self.collectors)
        ]


TYPOLOGY = Bipartite
