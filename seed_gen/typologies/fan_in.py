"""Fan-in: many accounts pay one within days."""

from seed_gen.typologies.graph import Graph, Payment


def drawing(arms: int) -> list[Payment]:
    """Each source pays the collector once."""
    return [Payment(1 + arm, 0, 1, arm, "source") for arm in range(arms)]


TYPOLOGY = Graph(name="fan_in", drawing=drawing, arms=(6, 12))
