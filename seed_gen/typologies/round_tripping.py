"""Round-tripping: money leaves through a shell for an outsider and comes back as income."""

from seed_gen.typologies.graph import BACK, OUT, Graph, Payment


def drawing(arms: int) -> list[Payment]:
    """Every arm is one trip: source to shell, shell to outsider, outsider back to source."""
    away = [Payment(0, 1 + arm, 1, arm, "source") for arm in range(arms)]
    abroad = [Payment(1 + arm, OUT, 2, arm, "shell", (arm,)) for arm in range(arms)]
    back = [Payment(0, BACK, 3, arm, "source", (arms + arm,)) for arm in range(arms)]
    return away + abroad + back


TYPOLOGY = Graph(
    name="round_tripping",
    drawing=drawing,
    arms=(1, 3),
    spread_days=(5, 20),
    amount_log_mean=9.6,
)
