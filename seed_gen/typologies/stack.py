"""Stack: two bipartite layers, sources to mules and mules to collectors."""

import dataclasses
from typing import ClassVar

from seed_gen.figures.fields import between, count
from seed_gen.typologies.graph import Graph, Payment


@dataclasses.dataclass(frozen=True)
class Stack(Graph):
    """Every arm is one source; all sources pay all mules, all mules all collectors."""

    name: ClassVar[str] = "stack"
    arms: tuple[int, int] = between(2, 4, at_least=1, at_most=20)
    mules: int = count(2, high=10)
    collectors: int = count(2, high=10)

    def payments(self) -> list[Payment]:
        """Return the drawing; see `Graph.payments`."""
        mules, fixed = self.mules, self.mules + self.collectors
        first = [
            Payment(fixed + arm, mule, 1, arm, "source")
            for arm in range(self.arms[1])
            for mule in range(mules)
        ]
        second = [
            Payment(mule, mules + payee, 2, 0, "mule", tuple(range(mule, len(first), mules)))
            for mule in range(mules)
            for payee in range(self.collectors)
        ]
        return first + second


TYPOLOGY = Stack
