"""A dormant account is emptied towards crypto exchanges or offshore beneficiaries.

One to three very large payments, all to crypto or offshore.
"""

from seed_gen.typologies.base import Payments

TYPOLOGY = Payments(
    name="dormant_to_offshore",
    pool="dormant",
    exits_only=True,
    skip_share=0.40,
    volume=0.30,
    payments=(1, 3),
    within_days=2,
    amount_log_mean=11.5,
    amount_log_sigma=0.5,
)
