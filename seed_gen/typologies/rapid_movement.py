"""Rapid movement: what an account receives leaves it within a day."""

from seed_gen.typologies.graph import OUT, Graph, Payment


def drawing(arms: int) -> list[Payment]:
    """Every arm is a source's payment to the mule, and the mule's to one outsider hours later."""
    received = [Payment(1 + arm, 0, 1, arm, "source") for arm in range(arms)]
    passed = [Payment(0, OUT, 2, arm, "mule", (arm,)) for arm in range(arms)]
    return received + passed


TYPOLOGY = Graph(
    name="rapid_movement",
    drawing=drawing,
    prompt=True,
    arms=(2, 6),
    spread_days=(3, 14),
    gap_minutes=(10, 900),
    amount_log_mean=9.3,
)
