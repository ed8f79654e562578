"""Gather-scatter: one account collects from several and pays out to several others."""

from seed_gen.typologies.graph import Graph, Payment


def drawing(arms: int) -> list[Payment]:
    """The sources pay the collector, who pays as many others."""
    gather = [Payment(1 + 2 * arm, 0, 1, arm, "source") for arm in range(arms)]
    every = tuple(range(arms))
    scatter = [Payment(0, 2 + 2 * arm, 2, arm, "collector", every) for arm in range(arms)]
    return gather + scatter


TYPOLOGY = Graph(name="gather_scatter", drawing=drawing, arms=(3, 7))
