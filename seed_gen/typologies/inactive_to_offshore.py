"""An inactive account is emptied towards crypto exchanges or offshore beneficiaries."""

import dataclasses
from typing import ClassVar

from seed_gen.figures.fields import between, days_within, figure, fraction
from seed_gen.schemes.patterns import Pool
from seed_gen.typologies.base import Payments


@dataclasses.dataclass(frozen=True)
class InactiveToOffshore(Payments):
    """One to four very large payments, all to crypto or offshore."""

    name: ClassVar[str] = "inactive_to_offshore"
    pool: ClassVar[Pool] = "inactive"
    exits_only: ClassVar[bool] = True

    volume: float = fraction(0.20)
    payments: tuple[int, int] = between(1, 4, at_least=1, at_most=100)
    within_days: int = days_within(3)
    amount_log_mean: float = figure(12.0, low=0, high=16)
    amount_log_sigma: float = figure(0.5, low=0, high=3)


TYPOLOGY = InactiveToOffshore
