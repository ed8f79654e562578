"""Round-tripping: money leaves through a shell for an outsider and comes back as income."""

import dataclasses
from typing import ClassVar

from seed_gen.figures.fields import between, figure
from seed_gen.typologies.graph import BACK, OUT, Graph, Payment


@dataclasses.dataclass(frozen=True)
class RoundTripping(Graph):
    """Every arm is one trip: source to shell, shell to outsider, outsider back to source."""

    name: ClassVar[str] = "round_tripping"
    arms: tuple[int, int] = between(1, 3, at_least=1, at_most=20)
    spread_days: tuple[int, int] = between(5, 20, at_least=1, at_most=60)
    amount_log_mean: float = figure(9.6, low=0, high=16)

    def payments(self) -> list[Payment]:
        """Return the drawing; see `Graph.payments`."""
        most = self.arms[1]
        away = [Payment(0, 1 + arm, 1, arm, "source") for arm in range(most)]
        abroad = [Payment(1 + arm, OUT, 2, arm, "shell", (arm,)) for arm in range(most)]
        back = [Payment(0, BACK, 3, arm, "source", (most + arm,)) for arm in range(most)]
        return away + abroad + back


TYPOLOGY = RoundTripping
