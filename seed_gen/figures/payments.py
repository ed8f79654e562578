"""The payment systems: what each may carry, and its part of its channel's payments.

Everything that tells one system from another stands in the table below. The sources of the limits
are named beside them; a part or an amount without a source is the project's choice.
"""

import dataclasses
import types
from collections.abc import Mapping

from seed_gen.figures.fields import figure


@dataclasses.dataclass(frozen=True)
class PaymentSystem:
    """A transaction type of a channel. Money is in rupees.

    `part` is relative to the other systems of the channel that admit the amount. Where `log_sigma`
    is above 0, amounts are lognormal with the two figures, else they follow the KYC level. `daily`
    is the most of one account and day, by the customer's account type; empty: no such limit.
    """

    part: float = figure(1.0, low=0, high=1_000)
    least: int = figure(0, low=0, high=10_000_000)
    most: int = figure(1_000_000_000, low=1_000, high=1_000_000_000)
    step: int = figure(0, low=0, high=1_000)  # every amount is a multiple; 0: of a paisa
    log_mean: float = figure(0.0, low=0, high=16)
    log_sigma: float = figure(0.0, low=0, high=3)
    daily: tuple[float, ...] = figure((), low=100)


# Indian banks' cards: 25,000 to 100,000 a day. In the order of `customers.account_type`.
_ATM_DAILY = (25_000.0, 100_000.0, 40_000.0, 75_000.0, 100_000.0)


def payment_registry() -> Mapping[str, PaymentSystem]:
    """Return every payment system by channel and transaction type, `mobile_UPI` for instance."""
    system = PaymentSystem
    return types.MappingProxyType(
        {
            # NPCI: ₹1 lakh a payment; 185.8 billion payments of ₹261 lakh crore in 2024-25 are
            # ₹1,400 each. The ₹5 lakh for hospitals, schools and taxes are left out.
            "mobile_UPI": system(0.60, most=100_000, log_mean=6.0, log_sigma=1.5),
            "mobile_IMPS": system(0.25, most=500_000),  # NPCI, since October 2021
            "mobile_wallet_transfer": system(0.15, most=200_000),  # RBI, Master Direction on PPIs
            "web_NEFT": system(0.45),  # RBI: no limits, at any time since December 2019
            "web_RTGS": system(3.00, least=200_000),  # RBI: from ₹2 lakh, at any time since 2020
            "web_online_transfer": system(0.40, most=1_000_000),
            "branch_cash_deposit": system(0.45, least=10, step=10),
            "branch_cash_withdrawal": system(0.35, least=10, step=10),
            "branch_DD": system(0.20, least=1_000),
            "atm_cash_withdrawal": system(0.75, least=100, step=100, daily=_ATM_DAILY),
            "atm_cash_deposit": system(0.25, least=100, most=49_900, step=100),
        }
    )
