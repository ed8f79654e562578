"""Takeover of a dormant account: the silence ends with large payments from a foreign device."""

import dataclasses
from typing import ClassVar

from seed_gen.figures.fields import between, days_within, figure, fraction
from seed_gen.schemes.patterns import Pool
from seed_gen.typologies.base import Payments


@dataclasses.dataclass(frozen=True)
class DormantTakeover(Payments):
    """Two to five payments within two days, most of them to high-risk beneficiaries."""

    name: ClassVar[str] = "dormant_ATO"
    pool: ClassVar[Pool] = "dormant"
    signals: ClassVar[tuple[str, ...]] = ("hours", "device", "amount")
    foreign_device: ClassVar[bool] = True

    volume: float = fraction(0.60)
    payments: tuple[int, int] = between(2, 5, at_least=1, at_most=100)
    within_days: int = days_within(2)
    amount_log_mean: float = figure(11.0, low=0, high=16)
    amount_log_sigma: float = figure(0.7, low=0, high=3)
    high_risk_share: float = fraction(0.70)


TYPOLOGY = DormantTakeover
