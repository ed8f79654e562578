"""Smurfing: four to eight cash deposits just under the 10,000 line within two days."""

from seed_gen.typologies.base import Structuring

TYPOLOGY = Structuring(name="smurfing", role="smurf", volume=0.24)
