"""Cycle: money travels round a ring of accounts over days, and comes back a little less."""

import dataclasses
from typing import ClassVar

from seed_gen.figures.fields import between
from seed_gen.typologies.graph import Graph, Payment


@dataclasses.dataclass(frozen=True)
class Cycle(Graph):
    """Each account pays the next, the last one the first: `arms` accounts, as many hops."""

    name: ClassVar[str] = "cycle"
    closes: ClassVar[bool] = True

    arms: tuple[int, int] = between(4, 8, at_least=2, at_most=50)
    spread_days: tuple[int, int] = between(3, 12, at_least=1, at_most=60)
    kept: tuple[float, float] = between(0.94, 0.995, at_most=1)

    def payments(self) -> list[Payment]:
        """Return the drawing; see `Graph.payments`."""
        return [
            Payment(
                arm, arm + 1, arm + 1, arm, "mule" if arm else "source", (arm - 1,) if arm else ()
            )
            for arm in range(self.arms[1])
        ]


TYPOLOGY = Cycle
