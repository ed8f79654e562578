"""Smurfing: bursts of cash deposits just under the scenario's 10,000 line."""

import dataclasses
from typing import ClassVar

from seed_gen.figures.fields import fraction
from seed_gen.typologies.base import Structuring


@dataclasses.dataclass(frozen=True)
class Smurfing(Structuring):
    """Four to eight deposits within two days, at any time of the window."""

    name: ClassVar[str] = "smurfing"
    role: ClassVar[str] = "smurf"

    volume: float = fraction(0.24)


TYPOLOGY = Smurfing
