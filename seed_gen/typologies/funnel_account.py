"""Funnel account: cash and transfers come in at many places, and leave at one."""

import dataclasses
from typing import ClassVar

from seed_gen.figures.fields import between, figure
from seed_gen.typologies.graph import CASH, Graph, Payment


@dataclasses.dataclass(frozen=True)
class FunnelAccount(Graph):
    """Every arm is a deposit of cash, a source's transfer, and what leaves for the collector."""

    name: ClassVar[str] = "funnel_account"
    arms: tuple[int, int] = between(2, 5, at_least=1, at_most=50)
    spread_days: tuple[int, int] = between(3, 10, at_least=1, at_most=60)
    amount_log_mean: float = figure(8.4, low=0, high=16)
    amount_log_sigma: float = figure(0.5, low=0, high=3)

    def payments(self) -> list[Payment]:
        """Return the drawing; see `Graph.payments`."""
        most = self.arms[1]
        deposits = [Payment(0, CASH, 1, arm, "collector") for arm in range(most)]
        transfers = [Payment(2 + arm, 0, 1, arm, "source") for arm in range(most)]
        passed = [Payment(0, 1, 2, arm, "collector", (arm, most + arm)) for arm in range(most)]
        return deposits + transfers + passed


TYPOLOGY = FunnelAccount
