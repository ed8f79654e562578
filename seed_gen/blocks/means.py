"""Living within one's means: no honest payment is made that the account cannot pay."""

import numpy as np
from numpy.typing import NDArray

from seed_gen.bank.population import BUSINESS, ORDINARY
from seed_gen.blocks.plan import Block, Plan
from seed_gen.draws.rows import AS_CREDIT, IS_CASH, IS_CREDIT, IS_OWN_CASH, Column, Rows

Ints = NDArray[np.int64]

# Each pass turns a share of the payments that lack money into receipts. A receipt also covers later
# payments, so turning all of them at once would turn too many.
_PASSES = (0.3, 0.4, 0.5, 0.6, 0.8)
_STAYS = 0.8  # of payments that lack money: others turn for them, or receipts grow
_LEAST_CENTS = 10_000  # of a payment that is made smaller
_RUPEE, _NOTE = 100, 10_000
_WAIT_SECONDS = (600, 21_600)  # between a receipt and the payment that it is for


def live_within_means(plan: Plan, block: Block, rows: Rows, usual: NDArray[np.bool_]) -> None:
    """Let every account have the money for what it pays; changes `kind`, `cents` and `second`.

    `rows` are all rows of a block in order of time; `usual` marks the everyday ones, which alone
    change. Most owners watch the balance: of their transfers, some become money that comes in
    before it runs out. What then still lacks money is made smaller, or becomes money that comes in.
    A rent, a large payment after a silence and a crime keep their sums: the last everyday transfer
    before them becomes, or grows to, the receipt that pays for them.
    """
    # A block has few accounts: 16 bits sort fast.
    of_row = np.searchsorted(block.accounts, rows.account)
    order = np.argsort(of_row.astype(np.int16), kind="stable")
    local, kind, cents = of_row[order], rows.kind[order], rows.cents[order]
    usual = usual[order]
    turns = usual & ~IS_CASH[kind]
    _turn_some(plan, block, local, kind, cents, turns)

    balance, streams = plan.population.balance_cents[block.accounts], plan.streams
    lacks = _lacking(local, np.where(IS_CREDIT[kind], cents, -cents), balance)
    rng = streams.get("means.part", block.index)
    smaller = usual & (IS_OWN_CASH[kind] | (~IS_CASH[kind] & (rng.random(len(kind)) > _STAYS)))
    (own,) = np.nonzero((lacks > 0) & smaller)
    unit = np.where(IS_CASH[kind[own]], _NOTE, _RUPEE)
    part = rng.random(len(own)) * 0.6 + 0.3
    less = (part * (cents[own] - lacks[own])).astype(np.int64) // unit * unit
    turned = less < _LEAST_CENTS
    kind[own[turned]] = AS_CREDIT[kind[own[turned]]]
    cents[own] = np.where(turned, np.minimum(cents[own], plan.payments.most[kind[own]]), less)

    (others,) = np.nonzero((lacks > 0) & ~smaller)
    place, end = np.arange(len(order)), len(order) - 1
    payer = np.maximum.accumulate(np.where(turns, place, 0))[others]
    earlier = turns[payer] & (local[payer] == local[others])
    # Without an earlier transfer the next one comes before the payment.
    later = np.minimum.accumulate(np.where(turns, place, end)[::-1])[::-1][others]
    payer = np.where(earlier, payer, later)
    found = turns[payer] & (local[payer] == local[others])
    payer, others, earlier = payer[found], others[found], earlier[found]
    second = rows.second[order]
    soon = streams.get("means.wait", block.index).integers(*_WAIT_SECONDS, size=len(others))
    soon = np.where(earlier, second[payer], np.maximum(second[others] - soon, 0))
    np.minimum.at(second, payer, soon)
    grows = np.zeros(len(order), dtype=np.int64)
    np.add.at(grows, payer, lacks[others] // _RUPEE * _RUPEE + _RUPEE)
    (payers,) = np.nonzero(grows)
    least = np.where(IS_CREDIT[kind[payers]], cents[payers], 0) + grows[payers]
    cents[payers] = np.maximum(cents[payers], least)
    kind[payers] = AS_CREDIT[kind[payers]]
    rows.kind[order], rows.cents[order], rows.second[order] = kind, cents, second


def _turn_some(
    plan: Plan, block: Block, local: Ints, kind: Column, cents: Column, turns: NDArray[np.bool_]
) -> None:
    """Turn some of the transfers that `turns` marks, those of careful owners; changes `kind`."""
    population, streams = plan.population, plan.streams
    chance = streams.get("means.careful", block.index).random(len(block.accounts))
    minds = chance < plan.config.behaviour.careful_share
    minds &= np.isin(population.status[block.accounts], (ORDINARY, BUSINESS))
    balance, rng = population.balance_cents[block.accounts], streams.get("means.turn", block.index)
    (place,) = np.nonzero(minds[local])
    for part in _PASSES:
        here, now = local[place], kind[place]
        signed = np.where(IS_CREDIT[now], cents[place], -cents[place])
        lacks = _lacking(here, signed, balance) > 0
        (short,) = np.nonzero(lacks)
        short = short[rng.random(len(short)) < part]
        may = turns[place] & (signed < 0)
        # Mostly the last one before it turns: a large payment is the reason for a receipt.
        last = np.maximum.accumulate(np.where(may, np.arange(len(place)), 0))
        last = last[np.maximum(short - (rng.random(len(short)) < _STAYS), 0)]
        last = place[last[may[last] & (here[last] == here[short])]]
        kind[last] = AS_CREDIT[kind[last]]
        # Accounts that no longer lack money, soon most of them, are dropped from the next passes.
        place = place[(np.bincount(here[lacks], minlength=len(balance)) > 0)[here]]


def _lacking(local: Ints, signed: Ints, balance: Ints) -> Ints:
    """Return what each row lacks of its amount, the balance never falling below 0.

    Rows are ordered by account and time. A row lacks what the unclamped balance falls below its
    lowest so far, and below 0. One sweep computes the sums and minima of all accounts: each account
    is shifted below the one before it, by more than any difference of balances.
    """
    here = np.arange(len(balance))
    total = signed.cumsum()
    before = np.concatenate([[0], total])[np.searchsorted(local, here)]
    zero = -here * (2 * int(np.abs(signed).sum()) + int(balance.max(initial=0)) + 1)
    running = total + (balance - before + zero)[local]
    zero = zero[local]
    lowest = np.minimum(np.minimum.accumulate(running), zero)
    earlier = np.minimum(np.concatenate([zero[:1], lowest[:-1]]), zero)
    lacks: Ints = earlier - lowest
    return lacks
