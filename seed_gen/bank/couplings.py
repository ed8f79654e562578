"""What goes with what: columns permuted so that they go together as in a bank.

Each column is drawn from its own figures first. Then its values are handed out by rank: the lowest
go to the lowest keys. A key is a level that follows from other columns, plus noise. No value is
changed, so every column keeps its distribution exactly.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seed_gen.draws.randomness import Streams
from seed_gen.draws.rows import Column
from seed_gen.figures.fields import Distribution
from seed_gen.figures.world import World

_AGE = {"student": 0.0, "retired": 0.84}  # the others: 0.1; ages within a quarter of that
_ACCOUNT_TYPE = {
    "student": 0.0,
    "retired": 0.2,
    "unemployed": 0.2,
    "freelancer": 1.5,
    "self_employed": 2.6,
    "business_owner": 3.2,
}  # the others: 0.5
_INCOME = {
    "student": -1.5,
    "unemployed": -1.5,
    "retired": -0.5,
    "self_employed": 0.3,
    "business_owner": 1.0,
}
_INDUSTRY = {"student": -2.0, "unemployed": -2.0, "retired": -2.0}
_TYPES = ("savings", "retail", "current", "business", "corporate")
_BALANCE = {
    "account_type": {"current": 0.8, "business": 2.2, "corporate": 2.6},
    "income_bracket": {"low": -0.5, "high": 0.6},
    "kyc_level": {"low": -0.8, "high": 1.0},
}


def couple_customers(world: World, streams: Streams, customers: dict[str, Column]) -> None:
    """Hand out ages, account types, incomes and industries by occupation; changes `customers`."""
    figures, size = world.customers, len(customers["occupation"])

    def level(levels: Mapping[str, float], other: float = 0.0) -> NDArray[np.float64]:
        return _levels(figures.occupation, levels, other)[customers["occupation"]]

    def noise(column: str) -> np.random.Generator:
        return streams.get(f"couplings.{column}")

    works = ~np.isin(
        customers["occupation"], [figures.occupation.names.index(name) for name in _AGE]
    )
    key = level(_AGE, 0.1) + noise("age").random(size) * np.where(works, 0.85, 0.26)
    customers["age"] = _handed_out(customers["age"], customers["age"], key)

    types, brackets = figures.account_type, figures.income_bracket
    rank = _levels(types, {name: place for place, name in enumerate(_TYPES)})
    key = level(_ACCOUNT_TYPE, 0.5) + noise("account_type").standard_normal(size) * 0.4
    held = customers["account_type"]
    customers["account_type"] = _handed_out(held, rank[held], key)

    rank = _levels(brackets, {"low": -1.0, "high": 1.0})
    key = level(_INCOME) + noise("income_bracket").standard_normal(size) * 0.8
    earned = customers["income_bracket"]
    customers["income_bracket"] = _handed_out(earned, rank[earned], key)

    unknown = customers["industry"] == figures.industry.names.index("unknown")
    shuffled = noise("industry_rank").random(size) - unknown
    key = level(_INDUSTRY) + noise("industry").standard_normal(size) * 0.8
    customers["industry"] = _handed_out(customers["industry"], shuffled, key)


def couple_balances(
    world: World,
    streams: Streams,
    customers: Mapping[str, Column],
    owner: NDArray[np.int32],
    balance: Column,
) -> Column:
    """Return the accounts' balances handed out by account type, income and KYC level."""
    key = streams.get("couplings.avg_balance").standard_normal(len(owner))
    for column, levels in _BALANCE.items():
        key += _levels(getattr(world.customers, column), levels)[customers[column][owner]]
    return _handed_out(balance, balance, key)


def _levels(
    figure: Distribution, levels: Mapping[str, float], other: float = 0.0
) -> NDArray[np.float64]:
    return np.array([levels.get(name, other) for name in figure.names])


def _handed_out(values: Column, rank: NDArray[Any], key: NDArray[np.float64]) -> Column:
    """Return `values` in another order: the lowest by `rank` where `key` is lowest."""
    result = np.empty_like(values)
    result[np.argsort(key, kind="stable")] = values[np.argsort(rank, kind="stable")]
    return result
