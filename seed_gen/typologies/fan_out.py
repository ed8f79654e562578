"""Fan-out: one account spreads its money over many within days."""

from seed_gen.typologies.graph import Graph, Payment


def drawing(arms: int) -> list[Payment]:
    """The source pays each of the others once."""
    return [Payment(0, 1 + arm, 1, arm, "source") for arm in range(arms)]


TYPOLOGY = Graph(name="fan_out", drawing=drawing, arms=(6, 12))
