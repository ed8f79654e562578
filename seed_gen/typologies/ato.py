"""Account takeover: a foreign device sends one large payment to a high-risk beneficiary."""

import dataclasses
from typing import ClassVar

from seed_gen.figures.fields import between, figure, fraction
from seed_gen.typologies.base import Payments


@dataclasses.dataclass(frozen=True)
class AccountTakeover(Payments):
    """One payment per victim. Takes the fraudulent rows that no other typology fills."""

    name: ClassVar[str] = "ATO"
    signals: ClassVar[tuple[str, ...]] = ("hours", "device", "beneficiary", "amount")
    fills: ClassVar[bool] = True
    foreign_device: ClassVar[bool] = True

    volume: float = fraction(0.25)
    payments: tuple[int, int] = between(1, 1, at_least=1, at_most=1)
    amount_log_mean: float = figure(10.5, low=0, high=16)
    amount_log_sigma: float = figure(0.8, low=0, high=3)
    days: tuple[float, float] = between(0.70, 0.99, at_most=1)


TYPOLOGY = AccountTakeover
