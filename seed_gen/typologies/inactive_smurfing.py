"""An inactive account wakes up to three to seven cash deposits, from 8,000 upwards."""

from seed_gen.typologies.base import Structuring

TYPOLOGY = Structuring(
    name="inactive_smurfing",
    pool="inactive",
    volume=0.20,
    skip_share=0.40,
    deposits=(3, 7),
    within_days=3,
    amount=(8_000, 9_999),
)
