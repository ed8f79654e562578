"""Takeover of an account that was silent for at least 45 days, from a foreign device."""

import dataclasses
from typing import ClassVar

from seed_gen.figures.fields import between, days_within, figure, fraction
from seed_gen.schemes.patterns import Pool
from seed_gen.typologies.base import Payments


@dataclasses.dataclass(frozen=True)
class InactiveTakeover(Payments):
    """Three to seven payments within three days, most of them to high-risk beneficiaries."""

    name: ClassVar[str] = "inactive_ATO"
    pool: ClassVar[Pool] = "inactive"
    signals: ClassVar[tuple[str, ...]] = ("hours", "device", "amount")
    foreign_device: ClassVar[bool] = True

    volume: float = fraction(0.35)
    payments: tuple[int, int] = between(3, 7, at_least=1, at_most=100)
    within_days: int = days_within(3)
    amount_log_mean: float = figure(11.2, low=0, high=16)
    amount_log_sigma: float = figure(0.9, low=0, high=3)
    high_risk_share: float = fraction(0.70)


TYPOLOGY = InactiveTakeover
