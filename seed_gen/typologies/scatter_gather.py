"""Scatter-gather: one account pays several mules, who pay one collector."""

from seed_gen.typologies.graph import Graph, Payment


def drawing(arms: int) -> list[Payment]:
    """The source pays each mule, each mule the collector."""
    scatter = [Payment(0, 2 + arm, 1, arm, "source") for arm in range(arms)]
    gather = [Payment(2 + arm, 1, 2, arm, "mule", (arm,)) for arm in range(arms)]
    return scatter + gather


TYPOLOGY = Graph(name="scatter_gather", drawing=drawing, arms=(3, 7))
