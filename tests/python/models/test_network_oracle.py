"""Ledger, network columns and rules: an oracle in plain Python, and the warehouse against it.

First the oracle itself: histories written by hand with the values that the contract gives them,
and what must hold of any history. Then the warehouse against it: the small seeded one, the
histories written by hand, and histories that hypothesis makes up.
"""

import json
import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracle
from compiled import CompiledModels
from conftest import Warehouse
from network_oracle import (
    DEFAULTS,
    SEVERITIES,
    Bounds,
    Transfer,
    account_ledger,
    links,
    network,
    network_rules,
    transfers,
)
from oracle import DAY, HOUR
from test_oracle import (
    BENEFICIARIES,
    CUSTOMER_POOLS,
    DEVICES,
    WINDOW_START,
    any_history,
    differences,
    no_difference,
    rows_of,
)

# ── Histories in words ───────────────────────────────────────────────────────────────────────

START = datetime(2025, 9, 1)
LINE = re.compile(
    r"T(?P<number>\d+) (?P<account>\w+)(?P<way>[<>+~=-])(?P<external>:?)(?P<other>\w*)"
    r" (?P<amount>[\d.]+) (?P<moment>\S+)(?: on (?P<device>\w+))?(?: of (?P<customer>\w+))?"
)
LENGTHS = {"d": DAY, "h": HOUR, "s": 1}


def elapsed(words: str) -> int:
    """Seconds: `48h+1s` is 172,801."""
    return sum(int(n) * LENGTHS[unit] for n, unit in re.findall(r"([+-]?\d+)([dhs])", words))


def row(
    number: int,
    account: str,
    way: str,
    other: str,
    amount: object,
    moment: int,
    external: bool = False,
    device: str | None = None,
    customer: str | None = None,
) -> dict[str, object]:
    """A raw transaction in the book of `account`, `moment` seconds after the start.

    It pays the other side (`>`; `=` where nobody says whether in cash), sends it a demand draft
    (`~`) or is paid by it (`<`); the other side is an account or `external`. Or it puts cash in
    (`+`) or takes cash out (`-`).
    """
    return {
        "transaction_id": f"T{number}",
        "customer_id": customer or f"C{account}",
        "sender_account_id": account,
        "receiver_account_id": None if external else other or account,
        "beneficiary_id": other if external else None,
        "device_id": device,
        "timestamp": START + timedelta(seconds=moment),
        "amount": Decimal(amount),
        "debit_credit": "credit" if way in "<+" else "debit",
        "cash_flag": None if way == "=" else int(way in "+-~"),
    }


def history(text: str) -> list[dict[str, object]]:
    """The raw transactions that `text` says, one a line: `T1 A>:X 9.50 48h+1s on D1 of C1`.

    `:` stands before a beneficiary. Without a customer the account has one of its own.
    """
    rows = []
    for line in text.strip().splitlines():
        words = LINE.fullmatch(line.strip()).groupdict()
        words |= {"moment": elapsed(words["moment"]), "external": words["external"] == ":"}
        rows.append(row(**words | {"number": int(words["number"])}))
    return rows


def crowd(size: int, transfer: str, moment: str) -> str:
    """So many small transfers at one moment, numbered from 101."""
    return "\n".join(f"T{101 + n} {transfer} 7 {moment}" for n in range(size))


# ── By hand: the ledger ──────────────────────────────────────────────────────────────────────

LEDGERS = {
    "a transfer moves the money of both accounts": (
        "T1 A>B 5 0s",
        {(1, "A", "out", "B", "account"), (1, "B", "in", "A", "account")},
    ),
    "a credit from an account is paid by that account": (
        "T1 A<B 5 0s",
        {(1, "A", "in", "B", "account"), (1, "B", "out", "A", "account")},
    ),
    "a beneficiary has no book": (
        "T1 A>:X 5 0s\nT2 A<:X 5 0s",
        {(1, "A", "out", "X", "beneficiary"), (2, "A", "in", "X", "beneficiary")},
    ),
    "a beneficiary may have the id of an account, even of the payer": (
        "T1 A>:A 5 0s\nT2 A>:B 5 0s\nT3 A>B 5 0s",
        {
            (1, "A", "out", "A", "beneficiary"),
            (2, "A", "out", "B", "beneficiary"),
            (3, "A", "out", "B", "account"),
            (3, "B", "in", "A", "account"),
        },
    ),
    "cash is with nobody": (
        "T1 A+ 5 0s\nT2 A- 5 0s\nT3 A~:X 5 0s",
        {(1, "A", "in", None, None), (2, "A", "out", None, None), (3, "A", "out", None, None)},
    ),
    "a demand draft to an account reaches it as cash": (
        "T1 A~B 5 0s",
        {(1, "A", "out", None, None), (1, "B", "in", None, None)},
    ),
    "a transfer to oneself is one row": (
        "T1 A>A 5 0s\nT2 A<A 5 0s",
        {(1, "A", "out", "A", "account"), (2, "A", "in", "A", "account")},
    ),
}


@pytest.mark.parametrize("name", LEDGERS)
def test_the_oracles_ledger(name: str) -> None:
    text, expected = LEDGERS[name]
    ledger = account_ledger(history(text))
    *keys, moment, amount = zip(*(entry.values() for entry in ledger), strict=True)
    assert sorted(zip(*keys, strict=True), key=str) == sorted(expected, key=str)
    assert (set(moment), set(amount)) == ({START}, {Decimal(5)})


# ── By hand: the columns ─────────────────────────────────────────────────────────────────────

NOTHING = {"chain_hops": None, "inflow_gap_seconds": None, "return_hops": None}
NO_PEER = {
    "peer_in_counterparties_7d": None,
    "peer_out_counterparties_7d": None,
    "peer_pass_through_ratio_48h": None,
}


def hops(*found: int | None) -> dict[int, dict[str, int | None]]:
    """`net_chain_hops` of T1, T2 and so on."""
    return {number: {"chain_hops": value} for number, value in enumerate(found, start=1)}


def returns(*found: int | None) -> dict[int, dict[str, int | None]]:
    """`net_return_hops` of T1, T2 and so on."""
    return {number: {"return_hops": value} for number, value in enumerate(found, start=1)}


# Name → rows, and by number of the row the values without `net_`.
COLUMNS: dict[str, tuple[str, dict[int, dict[str, object]]]] = {
    # Counterparties of an account
    "seven days have both ends": (
        """
        T1 A<:X 1 0s
        T2 A<:Y 1 1s
        T3 A>:Z 1 7d
        T4 A+ 1 7d+1s
        """,
        {
            1: {"in_counterparties_7d": 1, "out_counterparties_7d": 0},
            3: {
                "in_counterparties_7d": 2,
                "out_counterparties_7d": 1,
                "new_counterparties_7d": 3,
                "counterparty_is_new": 1,
            },
            4: {
                "in_counterparties_7d": 1,
                "out_counterparties_7d": 1,
                "new_counterparties_7d": 2,
                "counterparty_is_new": 0,
            },
        },
    ),
    "a counterparty counts once in each direction": (
        """
        T1 A<:X 1 0s
        T2 A<:X 1 1h
        T3 A>:X 1 2h
        T4 A>B 1 3h
        T5 B>A 1 4h
        """,
        {
            3: {"in_counterparties_7d": 1, "out_counterparties_7d": 1, "new_counterparties_7d": 1},
            4: {"in_counterparties_7d": 1, "out_counterparties_7d": 2, "new_counterparties_7d": 2},
            5: {"in_counterparties_7d": 1, "out_counterparties_7d": 1, "new_counterparties_7d": 1},
        },
    ),
    "rows of one second see each other": (
        """
        T3 A<:X 10 0s
        T1 A>:Y 20 0s
        T2 A>:X 30 0s
        """,
        {
            number: {
                "in_counterparties_7d": 1,
                "out_counterparties_7d": 2,
                "new_counterparties_7d": 2,
                "counterparty_is_new": is_new,
                "in_amount_48h": 10,
                "out_amount_48h": 50,
                "pass_through_ratio_48h": Decimal("0.2"),
            }
            for number, is_new in ((1, 1), (2, 1), (3, 0))
        },
    ),
    "of one second the smaller number is the first": (
        """
        T10 A>B 1 0s
        T9 B>A 1 0s
        """,
        {10: {"counterparty_is_new": 0}, 9: {"counterparty_is_new": 1}},
    ),
    "a counterparty is new as long as its first row is within seven days": (
        """
        T1 B>A 1 0s
        T2 A>B 1 7d
        T3 A>B 1 7d+1s
        """,
        {
            1: {"new_counterparties_7d": 1, "counterparty_is_new": 1},
            2: {"new_counterparties_7d": 1, "counterparty_is_new": 0},
            3: {"new_counterparties_7d": 0, "counterparty_is_new": 0, "out_counterparties_7d": 1},
        },
    ),
    "met long ago is not new again": (
        """
        T1 A<:X 1 0s
        T2 A>:X 1 60d
        """,
        {2: {"new_counterparties_7d": 0, "counterparty_is_new": 0, "out_counterparties_7d": 1}},
    ),
    "an account and a beneficiary of one id are two": (
        """
        T1 A>B 10 0h
        T2 A>:B 10 1h
        T3 B>:B 10 2h
        T4 C<:B 10 3h
        T5 B>C 10 4h
        T6 D>B 10 0h
        """,
        {
            1: {"counterparty_is_new": 1, "beneficiary_payers_30d": None}
            | {"peer_in_counterparties_7d": 2, "peer_out_counterparties_7d": 0},
            2: {"counterparty_is_new": 1, "out_counterparties_7d": 2, "new_counterparties_7d": 2}
            | {"beneficiary_payers_30d": 1}
            | NO_PEER
            | NOTHING,
            3: {"counterparty_is_new": 1, "in_counterparties_7d": 2, "out_counterparties_7d": 1}
            | {"beneficiary_payers_30d": 2, "pass_through_ratio_48h": Decimal("0.5")}
            | NO_PEER
            | NOTHING,
            4: {"beneficiary_payers_30d": 2, "in_counterparties_7d": 1, "in_amount_48h": 10},
            # What the beneficiary B was paid did not reach the account B.
            5: {"chain_hops": 2, "inflow_gap_seconds": 14_400, "out_counterparties_7d": 2}
            | {"peer_in_counterparties_7d": 2, "peer_out_counterparties_7d": 0},
        },
    ),
    # Amounts
    "48 hours have both ends": (
        """
        T1 A<:X 30 0s
        T2 A>:Y 20 48h
        T3 A>:Y 20 48h+1s
        """,
        {
            1: {"in_amount_48h": 30, "out_amount_48h": 0, "pass_through_ratio_48h": 0},
            2: {"in_amount_48h": 30, "out_amount_48h": 20}
            | {"pass_through_ratio_48h": Decimal("0.6667")},
            3: {"in_amount_48h": 0, "out_amount_48h": 40, "pass_through_ratio_48h": 0},
        },
    ),
    "a ratio is rounded half up": (
        """
        T1 A<:X 0.01 0s
        T2 A>:Y 200 1s
        T3 A>:Y 0.01 2s
        """,
        {
            2: {"pass_through_ratio_48h": Decimal("0.0001")},
            3: {"pass_through_ratio_48h": Decimal("0.0000"), "out_amount_48h": Decimal("200.01")},
        },
    ),
    "cash counts as money and is with nobody": (
        """
        T1 A+ 100 0h
        T2 A- 40 1h
        T3 A>B 100 2h
        """,
        {
            1: {"in_counterparties_7d": 0, "new_counterparties_7d": 0, "counterparty_is_new": 0}
            | {"in_amount_48h": 100, "beneficiary_payers_30d": None}
            | NO_PEER
            | NOTHING,
            2: {"out_counterparties_7d": 0, "in_amount_48h": 100, "out_amount_48h": 40}
            | {"pass_through_ratio_48h": Decimal("0.4")}
            | NO_PEER
            | NOTHING,
            3: {"pass_through_ratio_48h": Decimal("0.7143"), "new_counterparties_7d": 1}
            | {"chain_hops": 1, "inflow_gap_seconds": None},
        },
    ),
    "a demand draft is cash, wherever it goes": (
        """
        T1 A~B 100 0h
        T2 B>C 100 1h
        T3 A~:X 5 2h
        T4 D>:X 5 3h
        """,
        {
            1: {"out_counterparties_7d": 0, "counterparty_is_new": 0, "out_amount_48h": 100}
            | NO_PEER
            | NOTHING,
            2: {"in_counterparties_7d": 0, "in_amount_48h": 100, "pass_through_ratio_48h": 1}
            | {"chain_hops": 1, "new_counterparties_7d": 1},
            3: {"beneficiary_payers_30d": None, "out_amount_48h": 105},
            4: {"beneficiary_payers_30d": 1},
        },
    ),
    "what nobody says is cash is none": (
        """
        T1 A=A 100 0h
        T2 A=B 100 1h
        T3 B=C 100 2h
        T4 C=:X 100 3h
        """,
        {
            1: {"out_counterparties_7d": 1, "counterparty_is_new": 1} | NOTHING,
            2: {"chain_hops": 1, "peer_in_counterparties_7d": 1},
            3: {"chain_hops": 2, "inflow_gap_seconds": 3_600},
            4: {"beneficiary_payers_30d": 1},
        },
    ),
    # The counterparty
    "the counterparty's values are those of its book at that second": (
        """
        T2 A>B 10 0s
        T1 B>C 10 0s
        T3 D>B 10 0s
        T4 B>C 10 1s
        T5 A>B 20 7d+1s
        """,
        {
            2: {"peer_in_counterparties_7d": 2, "peer_out_counterparties_7d": 1}
            | {"peer_pass_through_ratio_48h": Decimal("0.5")},
            5: {"peer_in_counterparties_7d": 1, "peer_out_counterparties_7d": 1}
            | {"peer_pass_through_ratio_48h": 0},
        },
    ),
    "of a credit too the counterparty is the other account": (
        """
        T1 B<A 100 0h
        T2 C<B 100 1h
        """,
        {
            1: {"in_counterparties_7d": 1, "out_counterparties_7d": 0, "in_amount_48h": 100}
            | {"peer_in_counterparties_7d": 0, "peer_out_counterparties_7d": 1},
            2: {"in_counterparties_7d": 1, "peer_in_counterparties_7d": 1}
            | {"peer_out_counterparties_7d": 1, "peer_pass_through_ratio_48h": 1},
        },
    ),
    "a transfer to oneself is its own counterparty and no link of a chain": (
        """
        T1 A>A 10 0h
        T2 A<A 10 1h
        T3 A>B 10 2h
        """,
        {
            1: {"in_counterparties_7d": 0, "out_counterparties_7d": 1, "new_counterparties_7d": 1}
            | {"counterparty_is_new": 1, "out_amount_48h": 10, "pass_through_ratio_48h": 0}
            | {"peer_in_counterparties_7d": 0, "peer_out_counterparties_7d": 1}
            | {"peer_pass_through_ratio_48h": 0}
            | NOTHING,
            2: {"in_counterparties_7d": 1, "out_counterparties_7d": 1, "counterparty_is_new": 0}
            | {"pass_through_ratio_48h": 1, "peer_pass_through_ratio_48h": 1}
            | NOTHING,
            3: {"chain_hops": 1, "inflow_gap_seconds": None, "new_counterparties_7d": 2},
        },
    ),
    # The beneficiary and the device
    "a beneficiary's payers of thirty days": (
        """
        T1 A>:X 1 0s
        T2 B>:X 1 1s
        T3 B>:X 1 2s
        T4 C>:X 1 30d
        T5 C>:X 1 30d+1s
        T6 D<:X 1 30d+1s
        T7 D<:Y 1 30d+1s
        """,
        {
            number: {"beneficiary_payers_30d": payers}
            for number, payers in ((1, 1), (2, 2), (3, 2), (4, 3), (5, 2), (6, 2), (7, 0))
        },
    ),
    "a device's customers of thirty days": (
        """
        T1 A>:X 1 0s on D1
        T2 B>B2 1 1s on D1
        T3 B2+ 1 2s on D1 of CB
        T4 C- 1 30d on D1
        T5 C- 1 30d+1s on D1
        T6 C- 1 30d+1s on D2
        T7 C- 1 30d+1s
        """,
        {
            number: {"device_customers_30d": customers}
            for number, customers in ((1, 1), (2, 2), (3, 2), (4, 3), (5, 2), (6, 1), (7, None))
        },
    ),
    # Chains
    "a link waits 48 hours": (
        """
        T1 A>B 100 0s
        T2 B>C 100 48h
        T3 B>C 100 48h+1s
        """,
        {
            1: {"chain_hops": 1, "inflow_gap_seconds": None, "return_hops": None},
            2: {"chain_hops": 2, "inflow_gap_seconds": 172_800, "return_hops": None},
            3: {"chain_hops": 1, "inflow_gap_seconds": None, "return_hops": None},
        },
    ),
    "a link passes 50% to 105% on": (
        """
        T1 A>B 100 0h
        T2 B>C 50 1h
        T3 B>C 49.99 1h
        T4 B>C 105 1h
        T5 B>C 105.01 1h
        """,
        hops(1, 2, 1, 2, 1),
    ),
    "a share between two cents": (
        """
        T1 A>B 33.33 0h
        T2 B>C 16.66 1h
        T3 B>C 16.67 1h
        T4 B>C 34.99 1h
        T5 B>C 35 1h
        """,
        hops(1, 1, 2, 2, 1),
    ),
    "in one second the larger number follows": (
        """
        T1 A>B 100 0s
        T2 B>C 100 0s
        """,
        {1: {"chain_hops": 1}, 2: {"chain_hops": 2, "inflow_gap_seconds": 0}},
    ),
    "in one second the smaller number does not follow": (
        """
        T2 A>B 100 0s
        T1 B>C 100 0s
        """,
        hops(1, 1),
    ),
    "six hops are the most": (
        """
        T1 A>B 100 0h
        T2 B>C 95 40h
        T3 C>D 90 80h
        T4 D>E 85 120h
        T5 E>F 80 160h
        T6 F>G 75 200h
        T7 G>H 70 240h
        T8 H>I 65 280h
        """,
        hops(1, 2, 3, 4, 5, 6, 6, 6) | {8: {"inflow_gap_seconds": 144_000}},
    ),
    "the longest chain is not through the latest inflow": (
        """
        T1 X>A 100 0h
        T2 A>B 100 1h
        T3 D>B 100 5h
        T4 D>B 500 6h
        T5 B>C 100 7h
        """,
        hops(1, 2, 1, 1, 3) | {5: {"chain_hops": 3, "inflow_gap_seconds": 7_200}},
    ),
    "two chains cross and amounts tell them apart": (
        """
        T1 A>M 100 0h
        T2 Z>B 1000 0h
        T3 B>M 1000 1h
        T4 M>C 100 2h
        T5 M>D 1000 3h
        T6 C>E 95 4h
        T7 D>E 950 4h
        """,
        hops(1, 1, 2, 2, 3, 3, 4)
        | {
            4: {"chain_hops": 2, "inflow_gap_seconds": 7_200},
            5: {"chain_hops": 3, "inflow_gap_seconds": 7_200},
        },
    ),
    "two chains cross and share their past": (
        """
        T1 Z>A 100 0h
        T2 A>M 100 1h
        T3 B>M 100 2h
        T4 M>C 100 3h
        T5 M>D 100 4h
        """,
        hops(1, 2, 1, 3, 3) | {5: {"chain_hops": 3, "inflow_gap_seconds": 7_200}},
    ),
    "a chain goes through an account twice": (
        """
        T1 A>B 100 0h
        T2 B>A 100 1h
        T3 A>B 100 2h
        T4 B>C 100 3h
        """,
        {
            1: {"chain_hops": 1, "return_hops": None},
            2: {"chain_hops": 2, "return_hops": 2},
            3: {"chain_hops": 3, "return_hops": 2},
            4: {"chain_hops": 4, "return_hops": None},
        },
    ),
    "a chain of debits and credits": (
        """
        T1 B<A 100 0h
        T2 C<B 100 1h
        T3 C>D 100 2h
        T4 A<D 100 3h
        """,
        hops(1, 2, 3, 4) | {4: {"chain_hops": 4, "inflow_gap_seconds": 3_600, "return_hops": 4}},
    ),
    # Busy accounts
    **{
        f"an account with {size + 1} incoming transfers": (
            f"""
            {crowd(size, "P>B", "0h")}
            T1 A>B 100 1h
            T2 B>C 100 2h
            T3 C>D 100 3h
            T4 D>A 100 4h
            """,
            {
                2: {"chain_hops": 1 + passes, "inflow_gap_seconds": 3_600 if passes else None},
                3: {"chain_hops": 2 + passes, "inflow_gap_seconds": 3_600},
                4: {"chain_hops": 3 + passes, "return_hops": 4 if passes else None},
            },
        )
        for size, passes in ((48, True), (49, True), (50, False))
    },
    "a crowd counts for 48 hours": (
        f"""
        {crowd(50, "B<P", "0h")}
        T1 A>B 100 24h
        T2 B>C 100 48h
        T3 B>C 100 48h+1s
        """,
        hops(1, 1, 2),
    ),
    "a crowd of the same second counts": (
        f"""
        T1 A>B 100 0h
        T2 B>C 100 1h
        {crowd(50, "P>B", "1h")}
        """,
        hops(1, 1),
    ),
    "a crowd of the next second does not": (
        f"""
        T1 A>B 100 0h
        T2 B>C 100 1h
        {crowd(50, "P>B", "1h+1s")}
        """,
        hops(1, 2),
    ),
    "what is no transfer from another account makes no crowd": (
        f"""
        {crowd(51, "B<:X", "0h")}
        {crowd(51, "B+", "0h").replace("T1", "T2")}
        {crowd(51, "B>B", "0h").replace("T1", "T3")}
        {crowd(51, "B<B", "0h").replace("T1", "T4")}
        {crowd(51, "P~B", "0h").replace("T1", "T5")}
        {crowd(51, "B>P", "0h").replace("T1", "T6")}
        T1 A>B 100 1h
        T2 B>C 100 2h
        """,
        hops(1, 2),
    ),
    "only accounts that are passed may not be busy": (
        f"""
        {crowd(51, "P>A", "0h")}
        {crowd(51, "P>C", "0h").replace("T1", "T2")}
        T1 A>B 100 1h
        T2 B>C 100 2h
        """,
        hops(1, 2),
    ),
    # Returns
    "money comes back within fourteen days": (
        """
        T1 A>B 100 0s
        T2 B>A 100 14d
        T3 B>A 100 14d+1s
        """,
        {
            1: {"chain_hops": 1, "return_hops": None},
            2: {"chain_hops": 1, "inflow_gap_seconds": None, "return_hops": 2},
            3: {"chain_hops": 1, "inflow_gap_seconds": None, "return_hops": None},
        },
    ),
    "the whole return takes fourteen days": (
        """
        T1 A>B 100 0s
        T2 B>C 100 7d
        T3 C>A 100 14d
        T4 C>A 100 14d+1s
        """,
        returns(None, None, 3, None),
    ),
    "money comes back with a share at each hop": (
        """
        T1 A>B 100 0h
        T2 B>C 50 1h
        T3 C>A 25 2h
        T4 C>A 24.99 3h
        """,
        returns(None, None, 3, None),
    ),
    "the fewest hops by which it comes back": (
        """
        T1 A>C 100 0h
        T2 C>D 100 1h
        T3 D>A 100 2h
        T4 A>D 100 3h
        T5 D>A 100 4h
        """,
        returns(None, None, 3, 2, 2),
    ),
    "it comes back in one second": (
        """
        T1 A>B 100 0s
        T2 B>A 100 0s
        """,
        returns(None, 2),
    ),
    "in one second the smaller number was sent before": (
        """
        T2 A>B 100 0s
        T1 B>A 100 0s
        """,
        returns(None, 2),
    ),
    "it comes back to the payee, not to the payer": (
        """
        T1 A>B 100 0h
        T2 B>C 100 1h
        T3 C>B 100 2h
        """,
        returns(None, None, 2),
    ),
    "six hops back are the most": (
        """
        T1 A>B 100 0h
        T2 B>C 100 1h
        T3 C>D 100 2h
        T4 D>E 100 3h
        T5 E>F 100 4h
        T6 F>A 100 5h
        T7 A>B 100 6h
        T8 F>G 100 7h
        T9 G>A 100 8h
        """,
        returns(None, None, None, None, None, 6, 6, None, None),
    ),
    "a crowd counts for fourteen days": (
        f"""
        {crowd(50, "P>B", "0h")}
        T1 A>B 100 13d
        T2 B>A 100 14d
        T3 B>A 100 14d+1s
        """,
        returns(None, None, 2),
    ),
    "busy within fourteen days and not within 48 hours": (
        f"""
        {crowd(50, "P>B", "0h")}
        T1 A>B 100 5d
        T2 B>A 100 6d
        T3 A>B 100 15d
        T4 B>A 100 16d
        """,
        {
            2: {"chain_hops": 2, "return_hops": None},
            4: {"chain_hops": 2, "return_hops": 2},
        },
    ),
}


def shown(values: Mapping[str, object], names: Iterable[str]) -> dict[str, object]:
    return {name: values[f"net_{name}"] for name in names}


@pytest.mark.parametrize("name", COLUMNS)
def test_the_oracle_has_the_values_worked_out_by_hand(name: str) -> None:
    text, expected = COLUMNS[name]
    found = network(history(text))
    assert {number: shown(found[number], values) for number, values in expected.items()} == expected


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        (DEFAULTS, hops(1, 2, 3, 4) | {4: {"chain_hops": 4, "return_hops": 3}}),
        (Bounds(busy_account_transfers=1), hops(1, 2, 3, 1)),
        (Bounds(chain_hours=1), hops(1, 2, 1, 2) | {4: {"chain_hops": 2, "return_hops": 3}}),
        (Bounds(return_days=0), {4: {"chain_hops": 4, "return_hops": None}}),
        (Bounds(smallest_share=Fraction("0.91")), hops(1, 1, 2, 3)),
        (Bounds(largest_share=Fraction(1)), hops(1, 2, 3, 1)),
        (Bounds(hops=2), hops(1, 2, 2, 2) | {4: {"chain_hops": 2, "return_hops": None}}),
    ],
)
def test_the_oracle_obeys_its_bounds(
    bounds: Bounds, expected: dict[int, dict[str, object]]
) -> None:
    text = """
        T1 A>B 100 0h
        T2 B>C 90 1h
        T3 C>D 90 3h
        T4 D>B 91 4h
        T5 X>D 7 4h
    """
    found = network(history(text), bounds)
    assert {number: shown(found[number], values) for number, values in expected.items()} == expected


# ── Any history ──────────────────────────────────────────────────────────────────────────────

# Few accounts, beneficiaries with the accounts' ids, and moments and amounts on the edges of
# windows and shares of an earlier row.
IDS = ("A0", "A1", "A2", "A3")
SHORT = st.sampled_from((0, 0, 1, HOUR, 12 * HOUR, DAY))
EDGES = st.sampled_from(
    [days * DAY + second for days in (2, 7, 14, 30) for second in (-1, 0, 0, 1)]
)
WAYS = (*(">",) * 20, *("<",) * 12, ">:", "<:", "+", "-", "~", "~:", "=")  # as a history in words
ROW = st.fixed_dictionaries(
    {
        "after": st.sampled_from((*(-1,) * 20, -2, -3, 0, 1)),
        "gap": SHORT | SHORT | SHORT | SHORT | SHORT | SHORT | EDGES,
        "share": st.sampled_from([Fraction(s) for s in (1, 1, 1, 1, "0.5", "1.05")]),
        "cents": st.sampled_from((*(0,) * 12, -1, 1)),
        # Who pays: mostly whom the earlier row paid.
        "payer": st.sampled_from((*(None,) * 24, *IDS)),
        "step": st.sampled_from((*(1,) * 6, 2, 3, 3, 0)),  # from payer to payee
        "way": st.sampled_from(WAYS),
        "device": st.sampled_from((None, "D0", "D1")),
    }
)
ROWS = st.lists(ROW, min_size=12, max_size=24)
# The place of a transfer that stands there so many times: around the busy bound.
CROWDS = st.none() | st.tuples(st.integers(0, 11), st.sampled_from((49, 50, 50, 51, 51, 51)))


def history_of(
    made_up: list[dict], order: random.Random, crowd: tuple[int, int] | None = None
) -> list[dict[str, object]]:
    """Raw transactions, their numbers and their places in the list a permutation."""
    crowded, size = crowd or (0, 1)
    numbers = list(range(len(made_up) + size - 1))
    order.shuffle(numbers)
    rows: list[dict[str, object]] = []
    past = [(0, 100_00, IDS[0])]  # moment, cents and payee
    for place, drawn in enumerate(made_up):
        times, way, step = 1, drawn["way"], drawn["step"]
        if crowd is not None and place == crowded % len(made_up):
            times, way, step = size, ">", step or 1
        moment, cents, reached = past[drawn["after"] % len(past)]
        moment += drawn["gap"]
        cents = max(int(cents * drawn["share"]) + drawn["cents"], 1)
        payer = drawn["payer"] or reached
        payee = IDS[(IDS.index(payer) + step) % len(IDS)]
        past.append((moment, cents, payee if way in "<>=" else payer))
        account, other = (payee, payer) if way == "<" else (payer, payee)
        rows += [
            row(
                number=numbers.pop(),
                account=account,
                way=way[0],
                other="" if way in "+-" else other,
                amount=oracle.money(cents),
                moment=moment,
                external=way.endswith(":"),
                device=drawn["device"],
                customer=f"C{IDS.index(account) // 2}",
            )
            for _ in range(times)
        ]
    order.shuffle(rows)
    return rows


def longest(transfer: Transfer, linked: dict[Transfer, list[Transfer]], most: int) -> int:
    """The hops of the longest chain, by the longest ones of the transfers before."""
    lengths = [longest(before, linked, most) for before in linked[transfer]]
    return min(most, 1 + max(lengths, default=0))


def fewest(
    transfer: Transfer, linked: dict[Transfer, list[Transfer]], days: int, most: int
) -> int | None:
    """The fewest hops of a return, by all transfers that one more hop reaches."""
    reached = {transfer}
    for count in range(2, most + 1):
        reached = {before for after in reached for before in linked[after]}
        reached = {before for before in reached if transfer.time - before.time <= days * DAY}
        if transfer.payee in {before.payer for before in reached}:
            return count
    return None


@any_history
@given(
    made_up=ROWS,
    order=st.integers(0, 2**16),
    busy=st.integers(1, 4),
    most=st.integers(1, 6),
)
def test_a_search_of_all_chains_agrees_with_one_hop_after_the_other(
    made_up: list[dict], order: int, busy: int, most: int
) -> None:
    bounds = Bounds(busy_account_transfers=busy, hops=most)
    rows = history_of(made_up, random.Random(order))
    found = transfers(account_ledger(rows))
    columns = network(rows, bounds)
    linked = links(found, bounds.chain_hours * HOUR, bounds)
    for_returns = links(found, bounds.return_days * DAY, bounds)
    assert {t.number: shown(columns[t.number], ("chain_hops", "return_hops")) for t in found} == {
        t.number: {
            "chain_hops": longest(t, linked, most),
            "return_hops": fewest(t, for_returns, bounds.return_days, most),
        }
        for t in found
    }


@any_history
@given(made_up=ROWS, order=st.integers(0, 2**16))
def test_what_is_known_of_a_row_needs_no_later_one(made_up: list[dict], order: int) -> None:
    rows = history_of(made_up, random.Random(order))
    bounds = Bounds(busy_account_transfers=3)
    found = network(rows, bounds)
    for moment in {row["timestamp"] for row in rows}:
        then = network([row for row in rows if row["timestamp"] <= moment], bounds)
        assert then.items() <= found.items()


@any_history
@given(made_up=ROWS, order=st.integers(0, 2**16))
def test_it_does_not_matter_in_whose_book_a_transfer_is(made_up: list[dict], order: int) -> None:
    rows = history_of(made_up, random.Random(order))
    mirrored = [
        row
        if row["receiver_account_id"] in (None, row["sender_account_id"])
        else row
        | {
            "sender_account_id": row["receiver_account_id"],
            "receiver_account_id": row["sender_account_id"],
            "debit_credit": {"debit": "credit", "credit": "debit"}[row["debit_credit"]],
        }
        for row in rows
    ]
    ledger, mirror = account_ledger(rows), account_ledger(mirrored)
    assert sorted(map(str, ledger)) == sorted(map(str, mirror))
    found, of_mirror = network(rows), network(mirrored)
    for number in found:
        assert shown(found[number], NOTHING) == shown(of_mirror[number], NOTHING)


# ── The warehouse ────────────────────────────────────────────────────────────────────────────

LEDGER = ("transaction_no", "account_id", "direction", "counterparty_id", "counterparty_kind")
LEDGER += ("timestamp", "amount")


def compare(
    con: duckdb.DuckDBPyConnection,
    rows: list[dict[str, object]],
    bounds: Bounds = DEFAULTS,
    time_precision: str = "second",
) -> None:
    """Fail where ledger, network column, rule or alert of the warehouse is not the oracle's."""
    expected = Counter(tuple(entry[column] for column in LEDGER) for entry in account_ledger(rows))
    ledger = f"select {', '.join(LEDGER)} from features.account_ledger"
    actual = Counter(con.execute(ledger).fetchall())
    no_difference(
        [f"the warehouse alone has {entry}" for entry in actual - expected]
        + [f"the oracle alone has {entry}" for entry in expected - actual]
    )
    actual = rows_of(con, "select transaction_no, columns('^net(work)?_') from transactions")
    columns = network(rows, bounds, time_precision)
    risky = oracle.beneficiary_risk(rows_of(con, "from raw.beneficiaries"))
    expected = {}
    for row in rows:
        number = oracle.transaction_no(row)
        in_pool = {"high_risk_beneficiary": risky.get(row.get("beneficiary_id"), 0)}
        fired = network_rules(row | in_pool | columns[number])
        expected[number] = {"transaction_no": number, **columns[number], **fired}
    no_difference(differences(actual, expected, {}))
    alerts = con.execute(
        "select cast(substr(transaction_id, 2) as bigint), rule_name, severity"
        " from alerts where rule_set = 'network'"
    ).fetchall()
    assert Counter(alerts) == Counter(
        (number, name, severity)
        for number, row in expected.items()
        for name, severity in SEVERITIES.items()
        if row[f"network_rule_{name}"]
    )


def test_the_small_warehouse_has_the_oracles_network(small_warehouse: Warehouse) -> None:
    with small_warehouse.connect() as con:
        compare(con, rows_of(con, "from raw.transactions"))


def test_another_busy_bound_gives_the_oracles_network(
    small_warehouse: Warehouse, tmp_path: Path
) -> None:
    copy = small_warehouse.copy(tmp_path)
    what_if = json.dumps({"net_busy_account_transfers": 3})
    built = copy.dbt("run", "--select", "+alerts", "--vars", what_if)
    assert built.returncode == 0, built.stdout
    with copy.connect() as con:
        rows = rows_of(con, "from raw.transactions")
        compare(con, rows, Bounds(busy_account_transfers=3))


ATTRIBUTES = {
    "customer_id": {"age": 40, "customer_since_days": 100}
    | {column: values[0] for column, values in CUSTOMER_POOLS.items()},
    "account_id": {"avg_balance": Decimal(1_000), "account_open_days": 100},
    "device_id": DEVICES[0],
    "beneficiary_id": BENEFICIARIES[0],
}
UNSAID = ("synthetic_flow_id", "flow_depth", "hop_number", "flow_origin_at", "scheme_id", "role")


def raw_with(rows: list[dict[str, object]]) -> oracle.Raw:
    """Raw tables with these transactions and all that they name."""
    attributes = {"channel": "web", "transaction_type": "NEFT", "fraud_type": "normal", "label": 0}
    owners = {row["receiver_account_id"]: "C0" for row in rows}
    owners |= {row["sender_account_id"]: row["customer_id"] for row in rows}
    owners.pop(None, None)

    def named(key: str, ids: Iterable[object]) -> list[dict[str, object]]:
        return [{**ATTRIBUTES[key], key: id_} for id_ in sorted(set(ids) - {None})]

    return oracle.Raw(
        transactions=[{**row, **attributes, **dict.fromkeys(UNSAID)} for row in rows],
        accounts=[
            account | {"customer_id": owners[account["account_id"]]}
            for account in named("account_id", owners)
        ],
        customers=named("customer_id", ["C0", *(row["customer_id"] for row in rows)]),
        devices=named("device_id", (row["device_id"] for row in rows)),
        beneficiaries=named("beneficiary_id", (row["beneficiary_id"] for row in rows)),
        dormant_accounts=[],
        inactive_accounts=[],
        window_start=WINDOW_START,
        time_precision="second",
    )


@pytest.mark.parametrize("name", LEDGERS | COLUMNS)
def test_histories_by_hand_give_the_oracles_network(models: CompiledModels, name: str) -> None:
    rows = history((LEDGERS | COLUMNS)[name][0])
    compare(models.run(raw_with(rows)), rows)


@any_history
@given(made_up=ROWS, crowd=CROWDS, order=st.integers(0, 2**16))
def test_made_up_histories_give_the_oracles_network(
    models: CompiledModels, made_up: list[dict], crowd: tuple[int, int] | None, order: int
) -> None:
    rows = history_of(made_up, random.Random(order), crowd)
    compare(models.run(raw_with(rows)), rows)
