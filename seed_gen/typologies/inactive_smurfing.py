"""An inactive account wakes up to a series of cash deposits under the 10,000 line."""

import dataclasses
from typing import ClassVar

from seed_gen.figures.fields import between, days_within, fraction
from seed_gen.schemes.patterns import Pool
from seed_gen.typologies.base import Structuring


@dataclasses.dataclass(frozen=True)
class InactiveSmurfing(Structuring):
    """Three to seven deposits within three days, from 8,000 upwards."""

    name: ClassVar[str] = "inactive_smurfing"
    pool: ClassVar[Pool] = "inactive"

    volume: float = fraction(0.20)
    deposits: tuple[int, int] = between(3, 7, at_least=1, at_most=100)
    within_days: int = days_within(3)
    amount: tuple[int, int] = between(8_000, 9_999, at_least=1)


TYPOLOGY = InactiveSmurfing
