"""Segments of honest customers, and the routines that give their months a shape.

A segment follows from the customer's occupation and account type. It sets how busy the account is,
its share of credits and the size of its everyday amounts. A routine is a series of payments on
fixed days, to one payee or the same few.
"""

import dataclasses
import types
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from seed_gen.draws.clock import Clock
from seed_gen.figures.fields import between, count, figure, fraction, trait
from seed_gen.figures.world import World

NAMES = ("employee", "pensioner", "student", "freelancer", "company", "unemployed")
EMPLOYEE, PENSIONER, STUDENT, FREELANCER, COMPANY, UNEMPLOYED = range(len(NAMES))

_BY_OCCUPATION = {
    "salaried": EMPLOYEE,
    "government_employee": EMPLOYEE,
    "retired": PENSIONER,
    "student": STUDENT,
    "freelancer": FREELANCER,
    "self_employed": FREELANCER,
    "business_owner": FREELANCER,
    "unemployed": UNEMPLOYED,
}
_COMPANY_ACCOUNTS = ("corporate", "business")
_TRADERS = ("self_employed", "business_owner")  # their current account belongs to their firm


@dataclasses.dataclass(frozen=True)
class Segment:
    """Everyday life of a segment; shifts are of the logarithm of an amount."""

    activity: float = figure(1.0, low=0.01, high=100)  # rows, relative to the other segments
    credit_share: float = figure(0.45, low=0, high=0.95)  # of transfers: money comes in
    debit_shift: float = figure(0.0, low=-5, high=5)
    credit_shift: float = figure(0.0, low=-5, high=5)
    stranger_payers: float = fraction(0.10)  # of credits: the payer is not a regular one


def segment_registry() -> Mapping[str, Segment]:
    """Return every segment with its default figures, by its name."""
    return types.MappingProxyType(
        {
            "employee": Segment(),
            "pensioner": Segment(activity=0.8, debit_shift=-0.1),
            "student": Segment(activity=0.9, debit_shift=-0.3, credit_shift=-0.2),
            # Few clients, who pay large sums at irregular times.
            "freelancer": Segment(credit_share=0.42, debit_shift=-0.1, credit_shift=0.6),
            # Many small receipts from many customers; fewer, larger payments to suppliers.
            "company": Segment(
                activity=1.6,
                credit_share=0.60,
                debit_shift=0.25,
                credit_shift=-0.25,
                stranger_payers=0.40,
            ),
            "unemployed": Segment(activity=0.6, debit_shift=-0.3, credit_shift=-0.2),
        }
    )


def segment_of(world: World, customers: Mapping[str, NDArray[np.integer]]) -> NDArray[np.int8]:
    """Return each customer's segment, as its place in `NAMES`."""
    occupations = world.customers.occupation.names
    account_types = world.customers.account_type.names

    def segment(occupation: str, account_type: str) -> int:
        trades = account_type == "current" and occupation in _TRADERS
        is_company = trades or account_type in _COMPANY_ACCOUNTS
        return COMPANY if is_company else _BY_OCCUPATION[occupation]

    table = np.array([[segment(o, a) for a in account_types] for o in occupations], dtype=np.int8)
    found: NDArray[np.int8] = table[customers["occupation"], customers["account_type"]]
    return found


@dataclasses.dataclass(frozen=True)
class Routine:
    """Payments on fixed days, through the whole window.

    Of its segments' accounts with at least `needs` times as many rows as it takes, a share `share`
    keep it. The amount is that of the account's usual payments, shifted by `shift`; `varies` is its
    spread from one time to the next, both of the logarithm.
    """

    segments: tuple[int, ...] = trait(())
    payee: str = trait("merchants")  # outside this bank; or "individuals"
    every: str = trait("month")  # or "week"
    credit: bool = trait(False)
    share: float = fraction(0.5)
    needs: float = figure(2.5, low=1, high=100)
    payees: int = count(1, high=100)  # paid each time, each a fixed sum
    days: tuple[int, int] = between(1, 28, at_least=1, at_most=28)  # of the month, or of the week
    within_hours: float = figure(0.0, low=0, high=24)  # from the first payee to the last
    shift: float = figure(0.0, low=-5, high=5)
    spread: float = figure(0.4, low=0, high=3)  # between accounts
    varies: float = figure(0.0, low=0, high=3)

    def beginnings(self, clock: Clock) -> NDArray[np.int64]:
        """Return the first day of every month or week whose payments fall within the window."""
        if self.every == "week":
            return np.arange(0, clock.days - 6, 7, dtype=np.int64)
        last = self.days[1]
        return np.array(
            [day for day in clock.salary_months() if day + last <= clock.days], dtype=np.int64
        )

    def rows(self, clock: Clock) -> int:
        """Return the rows of one account over the window."""
        return len(self.beginnings(clock)) * self.payees


def routine_registry() -> Mapping[str, Routine]:
    """Return every routine with its default figures, by its name; the first ones come first."""
    everyone = tuple(range(len(NAMES)))
    earners = tuple(segment for segment in everyone if segment != STUDENT)
    return types.MappingProxyType(
        {
            # The rent of a flat or of a shop, the same sum on the same day.
            "rent": Routine(
                tuple(segment for segment in everyone if segment != PENSIONER),
                "individuals",
                share=0.45,
                days=(1, 7),
                shift=0.8,
            ),
            # A company's payroll: all staff within hours of one day near the end of the month.
            "wages": Routine(
                (COMPANY,),
                "individuals",
                share=0.6,
                needs=2.0,
                payees=8,
                days=(24, 28),
                within_hours=2.0,
                shift=0.3,
            ),
            # Money that parents send a student, or a family a member without work.
            "allowance": Routine(
                (STUDENT, UNEMPLOYED),
                "individuals",
                credit=True,
                share=0.8,
                days=(1, 5),
                shift=1.0,
            ),
            # The electricity bill, which varies a little, and the phone bill.
            "power": Routine(earners, share=0.6, days=(5, 20), shift=-0.6, varies=0.2),
            "phone": Routine(everyone, share=0.5, shift=-1.0),
            # The weekly shopping, on the same day of the week at the same shop.
            "shopping": Routine(
                (EMPLOYEE, PENSIONER, FREELANCER),
                every="week",
                share=0.5,
                needs=2.0,
                days=(1, 7),
                shift=-0.2,
                varies=0.35,
            ),
        }
    )
