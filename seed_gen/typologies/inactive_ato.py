"""Takeover of an account that was silent for at least 45 days, from a foreign device.

Three to seven payments within three days, most of them to high-risk beneficiaries.
"""

from seed_gen.typologies.base import Payments

TYPOLOGY = Payments(
    name="inactive_ATO",
    pool="inactive",
    signals=("hours", "device", "amount"),
    foreign_device=True,
    skip_share=0.40,
    volume=0.35,
    payments=(3, 7),
    within_days=3,
    amount_log_mean=11.2,
    amount_log_sigma=0.9,
    high_risk_share=0.70,
)
