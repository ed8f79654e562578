"""Transactions in columns of numbers: what the generators produce and the writer turns to text."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from raw_layer.contract import CASH_TYPES, SALARY_TYPE, TRANSFER_TYPES
from seed_gen.figures.payments import PaymentSystem

NONE = -1

Column = NDArray[np.integer]
_UNSAID: Column = np.empty(0, dtype=np.int8)  # recognised by identity: no column was given


class Kind(NamedTuple):
    """A way for money to move: the columns channel, transaction_type, debit_credit, cash_flag."""

    channel: str
    transaction_type: str
    debit_credit: str
    cash_flag: int


def system_of(kind: Kind) -> str:
    """Return the name of a kind's payment system."""
    return f"{kind.channel}_{kind.transaction_type}"


def _all_kinds() -> list[Kind]:
    kinds = [
        Kind(channel, transaction_type, direction, 0)
        for channel, types in TRANSFER_TYPES.items()
        for transaction_type in types
        for direction in ("debit", "credit")
    ]
    for channel, types in CASH_TYPES.items():
        for transaction_type in types:
            direction = "credit" if transaction_type == "cash_deposit" else "debit"
            kinds.append(Kind(channel, transaction_type, direction, 1))
    kinds.append(Kind("web", SALARY_TYPE, "credit", 0))
    return kinds


KINDS: tuple[Kind, ...] = tuple(_all_kinds())
KIND_OF: Mapping[Kind, int] = {kind: code for code, kind in enumerate(KINDS)}

# The part that the account of a fraudulent row plays in its scheme.
ROLES = ("source", "mule", "shell", "collector", "smurf", "victim", "impostor")
ROLE_OF: Mapping[str, int] = {role: code for code, role in enumerate(ROLES)}


# By a kind's code. `IS_OWN_CASH` is cash that a customer pays in or draws; a demand draft is not.
IS_CREDIT = np.array([kind.debit_credit == "credit" for kind in KINDS])
IS_CASH = np.array([kind.cash_flag == 1 for kind in KINDS])
IS_OWN_CASH = IS_CASH & np.array([kind.transaction_type != "DD" for kind in KINDS])


def _codes(change: Callable[[Kind], Kind]) -> NDArray[np.int8]:
    """Return the code of each kind after a change; its own if there is no such kind."""
    return np.array([KIND_OF.get(change(k), code) for code, k in enumerate(KINDS)], dtype=np.int8)


# The same kind, but towards the account; a draft stays as it is. The same at a machine.
_DEPOSITS = {"cash_withdrawal": "cash_deposit"}
AS_CREDIT = _codes(lambda k: Kind(k[0], _DEPOSITS.get(k[1], k[1]), "credit", k.cash_flag))
AT_MACHINE = _codes(lambda k: k._replace(channel="atm"))
SALARY = KIND_OF[Kind("web", SALARY_TYPE, "credit", 0)]


def kind_weights(
    channels: Mapping[str, float], payments: Mapping[str, PaymentSystem], credit_share: float
) -> NDArray[np.float64]:
    """Return each kind's probability, from the channel, the system in it and the credit share."""
    weights = np.zeros(len(KINDS))
    for code, kind in enumerate(KINDS):
        if code == SALARY:
            continue
        here = sum(s.part for name, s in payments.items() if name.startswith(f"{kind.channel}_"))
        weight = channels[kind.channel] * payments[system_of(kind)].part / max(here, 1e-9)
        if not kind.cash_flag:
            weight *= credit_share if kind.debit_credit == "credit" else 1 - credit_share
        weights[code] = weight
    return weights


@dataclasses.dataclass
class Rows:
    """Transactions in columns of equal length; `NONE` means null, as in columns that are left out.

    `second` and `origin` are seconds from the window's start, `kind` indexes `KINDS`, `fraud` is
    the number of the typology (0: normal), `scheme` and `flow` are numbers too; `role` indexes
    `ROLES`. Ids and moments are int32, `cents` is int64, codes are int8.
    """

    account: Column
    second: Column
    cents: Column
    kind: Column
    receiver: Column = dataclasses.field(default_factory=lambda: _UNSAID)
    beneficiary: Column = dataclasses.field(default_factory=lambda: _UNSAID)
    device: Column = dataclasses.field(default_factory=lambda: _UNSAID)
    fraud: Column = dataclasses.field(default_factory=lambda: _UNSAID)
    scheme: Column = dataclasses.field(default_factory=lambda: _UNSAID)
    flow: Column = dataclasses.field(default_factory=lambda: _UNSAID)
    depth: Column = dataclasses.field(default_factory=lambda: _UNSAID)
    hop: Column = dataclasses.field(default_factory=lambda: _UNSAID)
    origin: Column = dataclasses.field(default_factory=lambda: _UNSAID)
    role: Column = dataclasses.field(default_factory=lambda: _UNSAID)

    def __len__(self) -> int:
        return len(self.account)

    def __post_init__(self) -> None:
        size = len(self.account)
        for field in dataclasses.fields(self):
            if getattr(self, field.name) is _UNSAID:
                small = field.name in ("fraud", "role")
                value = 0 if field.name == "fraud" else NONE
                column = np.full(size, value, dtype=np.int8 if small else np.int32)
                setattr(self, field.name, column)

    def take(self, which: NDArray[np.integer] | slice) -> Rows:
        """Return the rows at some positions, in their order."""
        return Rows(**{name: getattr(self, name)[which] for name in COLUMNS})


COLUMNS = tuple(field.name for field in dataclasses.fields(Rows))


def concatenate(parts: Iterable[Rows]) -> Rows:
    """Return all rows of `parts`, one part after another."""
    whole = list(parts)
    return Rows(**{name: np.concatenate([getattr(p, name) for p in whole]) for name in COLUMNS})
