"""Layering: money runs round a closed chain of accounts within minutes, shrinking at every hop."""

from seed_gen.typologies.graph import Graph, Payment


def drawing(arms: int) -> list[Payment]:
    """Each account pays the next, the last one the first: as many hops as accounts."""
    return [Payment(a, a + 1, a + 1, a, "mule", (a - 1,) if a else ()) for a in range(arms)]


TYPOLOGY = Graph(
    name="layering",
    drawing=drawing,
    signals=("hours",),
    prompt=True,
    closes=True,
    volume=0.25,
    arms=(3, 3),
    spread_days=(1, 1),
    days=(0.60, 0.99),
    gap_minutes=(5, 30),
    amount_log_mean=9.0,
    amount_log_sigma=0.8,
    within_log_sigma=0.0,
    kept=(0.70, 0.95),
    slow_share=0.0,
)
