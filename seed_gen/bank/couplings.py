"""What goes with what: columns permuted so that they go together as in a bank.

Each column is drawn from its own figures first. Then its values are handed out by rank: the lowest
go to the lowest keys. A key is a level that follows from other columns, plus normal noise. No value
is changed, so every column keeps its distribution exactly. The levels are the project's choice.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from seed_gen.draws.randomness import Streams
from seed_gen.draws.rows import Column
from seed_gen.figures.fields import Distribution
from seed_gen.figures.world import World

Levels = Mapping[str, float]  # of categories; those not named have 0
# By column: the rank of its values, where they are categories, and the level of each occupation.
_OF_OCCUPATION: Mapping[str, tuple[Levels, Levels]] = {
    "age": ({}, {"student": -3.0, "retired": 3.0}),
    "account_type": (
        {"savings": -1, "current": 1, "business": 2, "corporate": 3},
        dict.fromkeys(("student", "retired", "unemployed"), -1.0)
        | {"freelancer": 2.5, "self_employed": 5.5, "business_owner": 7.0},
    ),
    "income_bracket": (
        {"low": -1, "high": 1},
        dict.fromkeys(("student", "unemployed"), -2.0)
        | {"retired": -0.6, "self_employed": 0.4, "business_owner": 1.2},
    ),
    "industry": ({"unknown": -1}, dict.fromkeys(("student", "retired", "unemployed"), -2.5)),
}
_BALANCE: Mapping[str, Levels] = {
    "account_type": {"current": 0.8, "business": 2.2, "corporate": 2.6},
    "income_bracket": {"low": -0.5, "high": 0.6},
    "kyc_level": {"low": -0.8, "high": 1.0},
}


def couple_customers(world: World, streams: Streams, customers: dict[str, Column]) -> None:
    """Hand out ages, account types, incomes and industries by occupation; changes `customers`."""
    occupation = customers["occupation"]
    for column, (ranks, levels) in _OF_OCCUPATION.items():
        key = streams.get(f"couplings.{column}").standard_normal(len(occupation))
        key += _by_category(world.customers.occupation, levels)[occupation]
        values, figure = customers[column], getattr(world.customers, column)
        is_category = isinstance(figure, Distribution)
        rank = _by_category(figure, ranks)[values] if is_category else values
        customers[column] = handed_out(values, rank, key)


def balance_keys(
    world: World, streams: Streams, customers: Mapping[str, Column], owner: Column
) -> NDArray[np.float64]:
    """Return the keys of the accounts' balances: by account type, income and KYC level."""
    key = streams.get("couplings.avg_balance").standard_normal(len(owner))
    for column, levels in _BALANCE.items():
        key += _by_category(getattr(world.customers, column), levels)[customers[column][owner]]
    return key


def _by_category(figure: Distribution, levels: Levels) -> NDArray[np.float64]:
    return np.array([levels.get(name, 0.0) for name in figure.names])


def handed_out(
    values: NDArray[np.integer], rank: NDArray[np.generic], key: NDArray[np.float64]
) -> NDArray[np.integer]:
    """Return `values` in another order: the lowest by `rank` where `key` is lowest."""
    result = np.empty_like(values)
    result[np.argsort(key, kind="stable")] = values[np.argsort(rank, kind="stable")]
    return result
