"""A dormant account wakes up to three to six cash deposits under the 10,000 line."""

from seed_gen.typologies.base import Structuring

TYPOLOGY = Structuring(
    name="dormant_smurfing",
    pool="dormant",
    skip_share=0.40,
    volume=0.25,
    deposits=(3, 6),
    within_days=3,
)
