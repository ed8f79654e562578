"""Bipartite: each of several sources pays each of several collectors."""

from seed_gen.typologies.graph import Graph, Payment

COLLECTORS = 3


def drawing(arms: int) -> list[Payment]:
    """Every arm is one source that pays all collectors."""
    return [
        Payment(COLLECTORS + arm, payee, 1, arm, "source")
        for arm in range(arms)
        for payee in range(COLLECTORS)
    ]


TYPOLOGY = Graph(name="bipartite", drawing=drawing, arms=(2, 5))
