"""Takeover of a dormant account: the silence ends with large payments from a foreign device.

Two to five payments within two days, most of them to high-risk beneficiaries.
"""

from seed_gen.typologies.base import Payments

TYPOLOGY = Payments(
    name="dormant_ATO",
    pool="dormant",
    signals=("hours", "device", "amount"),
    foreign_device=True,
    skip_share=0.40,
    volume=0.60,
    payments=(2, 5),
    within_days=2,
    amount_log_mean=11.0,
    amount_log_sigma=0.7,
    high_risk_share=0.70,
)
