"""Funnel account: cash and transfers come in at many places, and leave at one."""

from seed_gen.typologies.graph import CASH, Graph, Payment


def drawing(arms: int) -> list[Payment]:
    """Every arm is a deposit of cash, a source's transfer, and what leaves for the collector."""
    deposits = [Payment(0, CASH, 1, arm, "collector") for arm in range(arms)]
    transfers = [Payment(2 + arm, 0, 1, arm, "source") for arm in range(arms)]
    passed = [Payment(0, 1, 2, arm, "collector", (arm, arms + arm)) for arm in range(arms)]
    return deposits + transfers + passed


TYPOLOGY = Graph(
    name="funnel_account",
    drawing=drawing,
    arms=(2, 5),
    spread_days=(3, 10),
    amount_log_mean=8.4,
    amount_log_sigma=0.5,
)
