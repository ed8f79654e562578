# ruff: noqa: RUF009 (`distribution` declares a field, as `figure` does)
"""The figures of the bank's world: its size, entities, silences and habits, with their defaults.

Domains, probabilities and amounts are notebook 1's. What has no source is the project's choice.
"""

import dataclasses
from collections.abc import Mapping
from datetime import date
from typing import Any

from seed_gen.figures.fields import (
    DayWeights,
    Distribution,
    between,
    count,
    day_weights,
    distribution,
    figure,
    fraction,
    hour_weights,
)
from seed_gen.figures.payments import payment_registry

SMALLEST_SCALE = 0.01
HIGHEST_FRAUD_RATE = 0.5
HIGHEST_SEED = 2**63 - 1


@dataclasses.dataclass(frozen=True)
class PopulationFigures:
    """Sizes at scale 1."""

    customers: int = count(20_000, low=1_000)
    accounts: int = count(25_000, low=10_000)
    devices: int = count(18_000, low=1_000)
    beneficiaries: int = count(30_000, low=10_000)
    transactions_per_account: float = figure(50.0, low=20, high=1_000)


@dataclasses.dataclass(frozen=True)
class CustomerFigures:
    """Domains and probabilities of `raw.customers`; ranges include both ends."""

    age: tuple[int, int] = between(21, 70, at_least=18, at_most=120)
    customer_risk_rating: Distribution = distribution(
        low=0.50, medium=0.30, high=0.15, very_high=0.05
    )
    pep_flag: float = fraction(0.03)
    occupation: Distribution = distribution(
        salaried=0.30,
        self_employed=0.15,
        business_owner=0.12,
        student=0.08,
        retired=0.10,
        government_employee=0.10,
        freelancer=0.08,
        unemployed=0.07,
    )
    industry: Distribution = distribution(
        finance=0.12,
        retail=0.14,
        healthcare=0.10,
        technology=0.13,
        real_estate=0.09,
        manufacturing=0.10,
        education=0.08,
        hospitality=0.08,
        construction=0.07,
        unknown=0.09,
    )
    account_type: Distribution = distribution(
        retail=0.35, corporate=0.15, savings=0.25, current=0.15, business=0.10
    )
    kyc_level: Distribution = distribution(low=0.20, medium=0.50, high=0.30)
    income_bracket: Distribution = distribution(low=0.30, medium=0.50, high=0.20)
    country_risk: Distribution = distribution(low=0.60, medium=0.30, high=0.10)
    customer_since_days: tuple[int, int] = between(30, 3650)


@dataclasses.dataclass(frozen=True)
class AccountFigures:
    """Figures of `raw.accounts` and of the beneficiaries an account knows."""

    avg_balance_log_mean: float = figure(10.0, low=0, high=16)
    avg_balance_log_sigma: float = figure(1.0, low=0, high=2)
    account_open_days: tuple[int, int] = between(30, 2000)
    known_beneficiaries: tuple[int, int] = between(2, 5, at_least=1, at_most=50)


@dataclasses.dataclass(frozen=True)
class DeviceFigures:
    """Domains and rates of `raw.devices`."""

    device_age_days: tuple[int, int] = between(30, 1500)
    rooted_flag: float = fraction(0.05)
    os_type: Distribution = distribution(android=0.45, ios=0.40, windows=0.10, unknown=0.05)
    vpn_flag: float = fraction(0.08)
    emulator_flag: float = fraction(0.03)


@dataclasses.dataclass(frozen=True)
class BeneficiaryFigures:
    """Domains and probabilities of `raw.beneficiaries`."""

    beneficiary_type: Distribution = distribution(
        individual=0.60, merchant=0.30, crypto=0.05, offshore=0.05
    )
    beneficiary_country_risk: Distribution = distribution(low=0.65, medium=0.25, high=0.10)


@dataclasses.dataclass(frozen=True)
class DormantFigures:
    """The accounts that fall silent and come back; days are fractions of the window."""

    share: float = figure(0.05, low=0, high=0.4)
    early_transactions: tuple[int, int] = between(3, 8, at_least=1, at_most=100)
    early_until: float = fraction(0.20)
    silence_days: int = count(35)
    late_transactions: tuple[int, int] = between(5, 15, at_most=100)
    comeback: tuple[float, float] = between(0.55, 0.85, at_most=1)


@dataclasses.dataclass(frozen=True)
class InactiveFigures(DormantFigures):
    """The accounts that fall silent for longer; `honest_share` of them come back honestly."""

    early_transactions: tuple[int, int] = between(2, 6, at_least=1, at_most=100)
    silence_days: int = count(45)
    late_transactions: tuple[int, int] = between(12, 30, at_most=100)
    comeback: tuple[float, float] = between(0.55, 0.93, at_most=1)
    honest_share: float = fraction(0.25)


@dataclasses.dataclass(frozen=True)
class BehaviourFigures:
    """How honest customers pay, and what crime shares with them."""

    channels: Distribution = distribution(mobile=0.50, web=0.30, branch=0.10, atm=0.10)
    branch_hours: tuple[int, int] = between(10, 16, at_most=24)  # on working days
    night_safe_share: float = fraction(0.03)  # of deposits after hours: still at the branch
    honest_hours: tuple[float, ...] = hour_weights(
        *(1, 1, 1, 1, 1, 1, 2, 3, 5, 6, 6, 6, 5, 6, 6, 6, 5, 5, 4, 4, 3, 2, 2, 1)
    )
    fraud_hours: tuple[float, ...] = hour_weights(
        *(4, 4, 4, 4, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 4, 4)
    )
    # Monday first.
    weekday_weights: tuple[float, ...] = figure(
        (1.0, 1.0, 1.0, 1.02, 1.1, 1.0, 0.85), low=0.01, weights=True
    )
    # Days 1 to 10, 11 to 20, and the rest: people spend most when they have just been paid.
    month_weights: tuple[float, ...] = figure((1.12, 1.0, 0.92), low=0.01, weights=True)
    special_days: DayWeights = day_weights(
        {
            "01-26": 0.80,  # Republic Day
            "08-15": 0.80,  # Independence Day
            "10-02": 0.80,  # Gandhi Jayanti
            "12-25": 0.85,  # Christmas
            "12-31": 1.15,
            "2025-10-18": 1.40,  # Dhanteras, a day for buying
            "2025-10-19": 1.30,
            "2025-10-20": 1.25,  # Diwali
            "2025-10-21": 0.80,
        }
    )  # factors on the weights above, below 1 a bank holiday; MM-DD is a day of every year

    amount_log_mean_low_kyc: float = figure(7.0, low=0, high=16)
    amount_log_mean_medium_kyc: float = figure(8.0, low=0, high=16)
    amount_log_mean_high_kyc: float = figure(9.5, low=0, high=16)
    amount_log_sigma: float = figure(1.0, low=0, high=3)
    micro_share: float = fraction(0.05)  # of UPI payments: below 10 rupees
    round_share: float = fraction(0.15)  # of transfers: a round amount
    cash_round_share: float = fraction(0.35)  # of cash
    personal_cash: int = count(49_900, low=1_000)  # at most, but for companies: PAN, rule 114B
    near_line_share: float = fraction(0.10)  # of cash deposits: just below the 10,000 line

    activity_log_sigma: float = figure(1.0, low=0, high=2)
    business_share: float = figure(0.001, low=0, high=0.05)  # of accounts
    business_weekly: tuple[int, int] = between(200, 600, at_least=1, at_most=5_000)
    burst_share: float = figure(0.12, low=0, high=0.9)  # rows that follow another within minutes
    burst_gap_minutes: float = figure(12.0, low=0.1, high=600)
    same_days_share: float = figure(0.6, low=0, high=0.95)  # rows that join the day of another
    same_days_length: float = figure(2.0, low=1, high=60)  # days that such errands take, mean

    careful_share: float = fraction(0.98)  # of accounts: whose owners live within their means
    internal_share: float = fraction(0.40)  # of transfers: to or from another account of the bank
    stranger_share: float = fraction(0.10)  # of payments: to someone not paid regularly
    trade_share: float = fraction(0.40)  # of a fully verified customer's payees: high-risk country
    investor_share: float = fraction(0.03)  # of customers: know crypto or offshore payees
    favourite_accounts: int = count(3)

    family_device_share: float = fraction(0.20)  # of customers: use a relative's device
    own_device_per_account: float = fraction(0.25)  # of accounts: a device other than their owner's
    new_phone_share: float = fraction(0.10)  # of accounts: change the device within the window
    other_device_share: float = fraction(0.04)  # of rows: a borrowed, second or public device
    public_device_share: float = fraction(0.01)  # of devices: public; half of such rows use one

    return_large_share: float = fraction(0.40)  # of rows after a silence: far above the usual
    return_large_log_mean: float = figure(10.7, low=0, high=16)
    return_large_log_sigma: float = figure(0.9, low=0, high=3)
    return_near_line_share: float = fraction(0.60)  # of these rows: cash below the 10,000 line
    return_new_phone_share: float = fraction(0.40)  # of accounts back from a silence
    return_exit_share: float = fraction(0.5)  # of these rows: savings move to crypto or offshore
    return_exit_log_mean: float = figure(11.9, low=0, high=16)
    return_exit_log_sigma: float = figure(0.7, low=0, high=3)

    salary_last_day: int = figure(3, low=1, high=28)  # of the month
    salary_log_mean_low_income: float = figure(10.0, low=0, high=16)
    salary_log_mean_medium_income: float = figure(10.8, low=0, high=16)
    salary_log_mean_high_income: float = figure(11.8, low=0, high=16)
    salary_log_sigma: float = figure(0.35, low=0, high=2)
    pension_less: float = figure(0.5, low=0, high=5)  # than a salary, in the logarithm

    def day_weight(self, day: date) -> float:
        """Return a day's weight: weekday × third of the month × special day."""
        part = self.month_weights[min((day.day - 1) // 10, 2)]
        return self.weekday_weights[day.weekday()] * part * self.special_days.of(day)

    def is_working_day(self, day: date) -> bool:
        """Tell whether branches open: not on Sundays, second and fourth Saturdays, holidays.

        The Saturdays are those of the RBI since September 2015.
        """
        saturday_off = day.weekday() == 5 and (day.day - 1) // 7 in (1, 3)
        return day.weekday() < 6 and not saturday_off and self.special_days.of(day) >= 1


@dataclasses.dataclass(frozen=True)
class CrimeFigures:
    """How crime is shared out, at the default fraud rate; in proportion to it at others."""

    launderer_share: float = figure(0.025, low=0, high=0.5)  # of accounts: their owners launder
    victim_share: float = figure(0.20, low=0, high=0.9)  # of accounts: can be taken over


@dataclasses.dataclass(frozen=True)
class World:
    """The bank without its crimes: sizes, entities, silences and habits, and the window."""

    scale: float = figure(1.0, low=SMALLEST_SCALE, high=10_000)
    seed: int = figure(42, low=0, high=HIGHEST_SEED)
    fraud_rate: float = figure(0.04, low=0, high=HIGHEST_FRAUD_RATE)
    start: date = date(2025, 9, 1)
    end: date = date(2025, 12, 31)
    population: PopulationFigures = PopulationFigures()
    customers: CustomerFigures = CustomerFigures()
    accounts: AccountFigures = AccountFigures()
    devices: DeviceFigures = DeviceFigures()
    beneficiaries: BeneficiaryFigures = BeneficiaryFigures()
    behaviour: BehaviourFigures = BehaviourFigures()
    payments: Mapping[str, Any] = dataclasses.field(default_factory=payment_registry)
    crime: CrimeFigures = CrimeFigures()
    dormant: DormantFigures = DormantFigures()
    inactive: InactiveFigures = InactiveFigures()

    def size_of(self, entity: str) -> int:
        """Return how many customers, accounts, devices or beneficiaries there are at this scale."""
        at_scale_1: int = getattr(self.population, entity)
        return round(at_scale_1 * self.scale)
