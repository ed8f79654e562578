"""A dormant account wakes up to a series of cash deposits under the 10,000 line."""

import dataclasses
from typing import ClassVar

from seed_gen.figures.fields import between, days_within, fraction
from seed_gen.schemes.patterns import Pool
from seed_gen.typologies.base import Structuring


@dataclasses.dataclass(frozen=True)
class DormantSmurfing(Structuring):
    """Three to six deposits within three days."""

    name: ClassVar[str] = "dormant_smurfing"
    pool: ClassVar[Pool] = "dormant"

    volume: float = fraction(0.25)
    deposits: tuple[int, int] = between(3, 6, at_least=1, at_most=100)
    within_days: int = days_within(3)


TYPOLOGY = DormantSmurfing
