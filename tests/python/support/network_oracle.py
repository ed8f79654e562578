"""The account ledger, the network columns and rules, computed a second time in plain Python.

Written from the contract alone, as `oracle` is, and with its conventions: rows come in as dicts
under the raw tables' column names, money is `Decimal`, nothing passes through a float. A window is
a slice of sorted rows, and chains are found by trying every one.

What the contract leaves open is read as follows.

- Cash is `cash_flag` = 1. It has no counterparty, so it is no transfer between accounts. A demand
  draft to another account is cash, and still moves that account's money.
- A transfer between accounts is any other row whose receiver is not its own account. The payer is
  `sender_account_id` of a debit and `receiver_account_id` of a credit.
- A transfer can continue a chain only with one before it in the order (timestamp, transaction_no).
- An account is too busy to pass money on with a transfer at t if more transfers than the bound
  reach it in [t - W, t], W being the longest wait of a link.
- The first transfer of a return is at most as old as the longest wait of a link.
- A chain may go through an account twice.
- Seconds since money came in need the time of day; what counts whole days does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from oracle import (
    DAY,
    HOUR,
    Inputs,
    Row,
    Rows,
    Rule,
    cents,
    histories,
    rounded,
    seconds,
    transaction_no,
    window,
)


@dataclass(frozen=True)
class Bounds:
    """How far a chain is followed: the contract's figures."""

    busy_account_transfers: int = 50
    chain_hours: int = 48
    return_days: int = 14
    smallest_share: Fraction = Fraction("0.5")
    largest_share: Fraction = Fraction("1.05")
    hops: int = 6


DEFAULTS = Bounds()


# ── The ledger ───────────────────────────────────────────────────────────────────────────────


def account_ledger(transactions: Rows) -> list[Row]:
    """One row per transaction and account whose money it moves."""
    ledger = []
    for row in transactions:
        account, receiver = row["sender_account_id"], row.get("receiver_account_id")
        here, there = {"debit": ("out", "in"), "credit": ("in", "out")}[row["debit_credit"]]
        if receiver is None:
            entries = [(account, here, row.get("beneficiary_id"), "beneficiary")]
        else:
            entries = [(account, here, receiver, "account")]
            if receiver != account:
                entries.append((receiver, there, account, "account"))
        for account_id, direction, counterparty_id, kind in entries:
            known = row.get("cash_flag") != 1 and counterparty_id is not None
            ledger.append(
                {
                    "transaction_no": transaction_no(row),
                    "account_id": account_id,
                    "direction": direction,
                    "counterparty_id": counterparty_id if known else None,
                    "counterparty_kind": kind if known else None,
                    "timestamp": row["timestamp"],
                    "amount": row["amount"],
                }
            )
    return ledger


# ── Windows ──────────────────────────────────────────────────────────────────────────────────

Counterparty = tuple[object, object]


class Timeline:
    """Rows of one account, beneficiary or device in their order."""

    def __init__(self, rows: list[Mapping[str, object]]) -> None:
        self.rows = rows
        self.times = [seconds(row["timestamp"]) for row in rows]

    def within(self, now: int, width: int) -> list[Mapping[str, object]]:
        """The rows of `[now - width, now]`."""
        return self.rows[window(self.times, now, width)]


def timelines(rows: Rows, key: str) -> dict[object, Timeline]:
    return {value: Timeline(found) for value, found in histories(rows, key).items()}


def counterparty(entry: Mapping[str, object]) -> Counterparty:
    """Whom an entry of the ledger is with, told apart by kind and id."""
    return entry["counterparty_kind"], entry["counterparty_id"]


def counterparties(entries: Rows) -> set[Counterparty]:
    """Whom they are with; cash is with nobody."""
    return {counterparty(entry) for entry in entries if entry["counterparty_id"] is not None}


def of_account(book: Timeline, now: int) -> Row:
    """What an account and its counterparties' accounts have in common."""
    week, two_days = book.within(now, 7 * DAY), book.within(now, 48 * HOUR)
    values: Row = {}
    for direction in ("in", "out"):
        of_week = [entry for entry in week if entry["direction"] == direction]
        values[f"{direction}_counterparties_7d"] = len(counterparties(of_week))
        amounts = (entry["amount"] for entry in two_days if entry["direction"] == direction)
        values[f"{direction}_amount_48h"] = sum(amounts, Decimal("0.00"))
    smaller, larger = sorted((values["in_amount_48h"], values["out_amount_48h"]))
    ratio = rounded(Fraction(smaller) / Fraction(larger), 4) if larger else None
    return {**values, "pass_through_ratio_48h": ratio}


PEER_COLUMNS = ("in_counterparties_7d", "out_counterparties_7d", "pass_through_ratio_48h")


# ── Chains ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, order=True)
class Transfer:
    """A payment of one account to another, whichever of the two has it in its book.

    Transfers compare by `time` (seconds since 1970), then by `number`. `amount` is in cents.
    """

    time: int
    number: int
    payer: str
    payee: str
    amount: int


def transfers(ledger: Rows) -> list[Transfer]:
    """The transfers between accounts: each is once in the ledger as paid by one to another."""
    return [
        Transfer(
            time=seconds(entry["timestamp"]),
            number=entry["transaction_no"],
            payer=entry["account_id"],
            payee=entry["counterparty_id"],
            amount=cents(entry["amount"]),
        )
        for entry in ledger
        if entry["direction"] == "out"
        and entry["counterparty_kind"] == "account"
        and entry["counterparty_id"] != entry["account_id"]
    ]


def links(found: list[Transfer], width: int, bounds: Bounds) -> dict[Transfer, list[Transfer]]:
    """For each transfer those that may come directly before it in a chain."""
    incoming: dict[str, list[Transfer]] = {transfer.payer: [] for transfer in found}
    for transfer in found:
        incoming.setdefault(transfer.payee, []).append(transfer)
    linked = {}
    for after in found:
        reached = [t for t in incoming[after.payer] if after.time - width <= t.time <= after.time]
        busy = len(reached) > bounds.busy_account_transfers
        linked[after] = [
            before
            for before in reached
            if not busy
            and before < after
            and before.amount * bounds.smallest_share <= after.amount
            and after.amount <= before.amount * bounds.largest_share
        ]
    return linked


def chains(
    last: Transfer, linked: Mapping[Transfer, list[Transfer]], hops: int
) -> Iterator[tuple[Transfer, ...]]:
    """Every chain of up to `hops` transfers that ends in `last`."""
    yield (last,)
    if hops > 1:
        for before in linked[last]:
            for chain in chains(before, linked, hops - 1):
                yield (*chain, last)


def chain_columns(found: list[Transfer], bounds: Bounds) -> dict[int, Row]:
    """The three columns of chains, by the transaction_no of the transfers."""
    days = bounds.return_days * DAY
    linked, returning = links(found, bounds.chain_hours * HOUR, bounds), links(found, days, bounds)
    return {
        row.number: {
            "net_chain_hops": max(len(chain) for chain in chains(row, linked, bounds.hops)),
            "net_inflow_gap_seconds": min(
                (row.time - before.time for before in linked[row]), default=None
            ),
            "net_return_hops": min(
                (
                    len(chain)
                    for chain in chains(row, returning, bounds.hops)
                    if chain[0].payer == row.payee and row.time - chain[0].time <= days
                ),
                default=None,
            ),
        }
        for row in found
    }


# ── The whole ────────────────────────────────────────────────────────────────────────────────


def first_meetings(book: Timeline) -> dict[Counterparty, tuple[int, int]]:
    """Time and transaction_no of an account's first row with each counterparty."""
    met: dict[Counterparty, tuple[int, int]] = {}
    for time, entry in zip(book.times, book.rows, strict=True):
        if entry["counterparty_id"] is not None:
            met.setdefault(counterparty(entry), (time, entry["transaction_no"]))
    return met


def network(
    transactions: Rows, bounds: Bounds = DEFAULTS, time_precision: str = "second"
) -> dict[int, Row]:
    """Every network column of `main.transactions`, by transaction_no."""
    transactions = list(transactions)
    ledger = account_ledger(transactions)
    books = timelines(ledger, "account_id")
    met = {account: first_meetings(book) for account, book in books.items()}
    payments = timelines(
        [
            entry
            for entry in ledger
            if entry["direction"] == "out" and entry["counterparty_kind"] == "beneficiary"
        ],
        "counterparty_id",
    )
    devices = timelines(transactions, "device_id")
    chained = chain_columns(transfers(ledger), bounds)
    unchained = dict.fromkeys(("net_chain_hops", "net_inflow_gap_seconds", "net_return_hops"))

    columns = {}
    for row in transactions:
        number, now = transaction_no(row), seconds(row["timestamp"])
        account, device = row["sender_account_id"], row.get("device_id")
        not_cash = row.get("cash_flag") != 1
        peer = row.get("receiver_account_id") if not_cash else None
        beneficiary = row.get("beneficiary_id") if not_cash else None

        values = of_account(books[account], now)
        week = counterparties(books[account].within(now, 7 * DAY))
        values["new_counterparties_7d"] = sum(met[account][c][0] >= now - 7 * DAY for c in week)
        values["counterparty_is_new"] = int((now, number) in met[account].values())

        of_peer = of_account(books[peer], now) if peer is not None else {}
        values.update({f"peer_{name}": of_peer.get(name) for name in PEER_COLUMNS})

        values["beneficiary_payers_30d"] = values["device_customers_30d"] = None
        if beneficiary is not None:
            paid = payments[beneficiary].within(now, 30 * DAY) if beneficiary in payments else []
            values["beneficiary_payers_30d"] = len({entry["account_id"] for entry in paid})
        if device is not None:
            used = devices[device].within(now, 30 * DAY)
            values["device_customers_30d"] = len({other["customer_id"] for other in used})

        columns[number] = {
            **{f"net_{name}": value for name, value in values.items()},
            **chained.get(number, unchained),
        }
        if time_precision == "day":
            columns[number]["net_inflow_gap_seconds"] = None
    return columns


# ── The rules ────────────────────────────────────────────────────────────────────────────────

# Chosen by the project; each is reached "at or above", those of time and `_max` "at or below".
THRESHOLDS: dict[str, Decimal] = {
    name: Decimal(value)
    for name, value in {
        "payee_collects__counterparties": "6",
        "payee_distributes__counterparties": "7",
        "many_new_payees__counterparties": "6",
        "many_new_payees__amount": "2000",
        "burst_of_new_counterparties__counterparties": "6",
        "burst_of_new_counterparties__amount": "10000",
        "collects_and_pays__counterparties": "6",
        "collects_and_pays__share": "0.5",
        "collects_and_pays__amount": "5000",
        "passed_on_quickly__seconds": "7200",
        "pass_through_to_new_payee__share": "0.8",
        "pass_through_to_new_payee__amount": "10000",
        "cash_in_transfer_out__counterparties_max": "1",
        "cash_in_transfer_out__share": "0.5",
        "cash_in_transfer_out__amount": "10000",
        "chain_of_transfers__hops": "3",
        "chain_of_transfers__seconds": "86400",
        "chain_of_transfers__amount": "5000",
        "money_returns__hops": "3",
        "device_of_many_customers__customers": "10",
        "device_of_many_customers__payers": "4",
        "shared_risky_beneficiary__accounts": "5",
    }.items()
}


def _transfer(r: Inputs) -> bool:
    return r.row.get("net_chain_hops") is not None


def _debit(r: Inputs) -> bool:
    return r.is_("debit_credit", "debit")


def _new(r: Inputs) -> bool:
    return r.on("net_counterparty_is_new")


def _large(r: Inputs) -> bool:
    return r.at_least("amount", "amount")


def _passed_on(r: Inputs) -> bool:
    return r.at_least("net_pass_through_ratio_48h", "share")


# fmt: off
RULES = tuple(Rule(*rule) for rule in (
    ("payee_collects", 2,
     lambda r: r.at_least("net_peer_in_counterparties_7d", "counterparties")),
    ("payee_distributes", 2,
     lambda r: r.at_least("net_peer_out_counterparties_7d", "counterparties")),
    ("many_new_payees", 2,
     lambda r: _transfer(r) and _debit(r) and _new(r) and _large(r)
     and r.at_least("net_out_counterparties_7d", "counterparties")),
    ("burst_of_new_counterparties", 2,
     lambda r: _transfer(r) and _new(r) and _large(r)
     and r.at_least("net_new_counterparties_7d", "counterparties")),
    ("collects_and_pays", 3,
     lambda r: _transfer(r) and _debit(r) and _passed_on(r) and _large(r)
     and r.at_least("net_in_counterparties_7d", "counterparties")),
    ("passed_on_quickly", 3, lambda r: r.at_most("net_inflow_gap_seconds", "seconds")),
    ("pass_through_to_new_payee", 2,
     lambda r: _transfer(r) and _new(r) and _passed_on(r) and _large(r)),
    ("cash_in_transfer_out", 3,
     lambda r: r.is_("cash_flag", 0) and _debit(r) and _new(r) and _passed_on(r) and _large(r)
     and r.at_most("net_in_counterparties_7d", "counterparties_max")),
    ("chain_of_transfers", 3,
     lambda r: r.at_least("net_chain_hops", "hops") and _large(r)
     and r.at_most("net_inflow_gap_seconds", "seconds")),
    ("money_returns", 3, lambda r: r.at_least("net_return_hops", "hops")),
    ("device_of_many_customers", 3,
     lambda r: r.at_least("net_device_customers_30d", "customers")
     and r.at_least("net_beneficiary_payers_30d", "payers")),
    ("shared_risky_beneficiary", 3,
     lambda r: r.on("high_risk_beneficiary") and _new(r)
     and r.at_least("net_beneficiary_payers_30d", "accounts")),
))
# fmt: on

SEVERITIES = {rule.name: rule.severity for rule in RULES}


def network_rules(row: Mapping[str, object], thresholds: Mapping[str, object] = THRESHOLDS) -> Row:
    """The flags of one row of features, and how many of them are set."""
    flags = {f"network_rule_{rule.name}": rule.fires(row, thresholds) for rule in RULES}
    return {**flags, "network_trigger_count": sum(flags.values())}
