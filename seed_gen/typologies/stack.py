"""Stack: two bipartite layers, sources to mules and mules to collectors."""

from seed_gen.typologies.graph import Graph, Payment

MULES, COLLECTORS = 2, 2


def drawing(arms: int) -> list[Payment]:
    """Every arm is one source; all sources pay all mules, all mules all collectors."""
    first = [
        Payment(MULES + COLLECTORS + arm, mule, 1, arm, "source")
        for arm in range(arms)
        for mule in range(MULES)
    ]
    second = [
        Payment(mule, MULES + payee, 2, 0, "mule", tuple(range(mule, len(first), MULES)))
        for mule in range(MULES)
        for payee in range(COLLECTORS)
    ]
    return first + second


TYPOLOGY = Graph(name="stack", drawing=drawing, arms=(2, 4))
