"""An inactive account is emptied towards crypto exchanges or offshore beneficiaries.

One to four very large payments, all to crypto or offshore.
"""

from seed_gen.typologies.base import Payments

TYPOLOGY = Payments(
    name="inactive_to_offshore",
    pool="inactive",
    exits_only=True,
    skip_share=0.40,
    volume=0.20,
    payments=(1, 4),
    within_days=3,
    amount_log_mean=12.0,
    amount_log_sigma=0.5,
)
