"""Cycle: money travels round a ring of accounts over days, and comes back a little less."""

from seed_gen.typologies.graph import Graph, Payment


def drawing(arms: int) -> list[Payment]:
    """Each account pays the next, the last one the first: as many hops as accounts."""
    first = Payment(0, 1, 1, 0, "source")
    return [first] + [Payment(a, a + 1, a + 1, a, "mule", (a - 1,)) for a in range(1, arms)]


TYPOLOGY = Graph(
    name="cycle",
    drawing=drawing,
    closes=True,
    arms=(4, 8),
    spread_days=(3, 12),
    kept=(0.94, 0.995),
)
