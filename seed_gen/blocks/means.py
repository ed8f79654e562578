"""Living within one's means: an account that runs out of money is paid before it pays again."""

import numpy as np
from numpy.typing import NDArray

from seed_gen.bank.population import BUSINESS, ORDINARY
from seed_gen.blocks.plan import Block, Plan
from seed_gen.draws.rows import AS_CREDIT, IS_CASH, IS_CREDIT, Rows

# Each pass turns a share of the payments that meet an empty account into receipts. A receipt also
# covers later payments, so turning all of them at once would turn too many.
_PASSES = (0.3, 0.4, 0.4, 0.5, 0.5, 0.6, 0.8, 1.0)


def live_within_means(plan: Plan, block: Block, rows: Rows, everyday: int) -> None:
    """Turn some payments that an account cannot afford into money that comes in; changes `kind`.

    `rows` are all rows of a block: first `everyday` everyday ones, whose transfers may be turned,
    then the other honest ones, then the fraudulent ones, which are ignored. A share of the owners
    watch the balance; the others may run out of money. So may accounts that come back after a
    silence: their owners spend savings that are not in the data.
    """
    honest, kinds = slice(block.honest_rows), rows.kind
    account, second, kind = rows.account[honest], rows.second[honest], kinds[honest]
    amount = rows.cents[honest]
    population, here, streams = plan.population, len(block.accounts), plan.streams
    chance = streams.get("means.careful", block.index).random(here)
    minds = chance < plan.config.behaviour.careful_share
    minds &= np.isin(population.status[block.accounts], (ORDINARY, BUSINESS))

    local = np.searchsorted(block.accounts, account)
    order = np.argsort((local.astype(np.int64) << 32) | second, kind="stable")
    order = order[minds[local[order]]]
    local, kind = local[order], kind[order]
    signed = np.where(IS_CREDIT[kind], amount[order], -amount[order])
    turns = (order < everyday) & ~IS_CASH[kind]
    balance = population.balance_cents[block.accounts]
    rng = streams.get("means.turn", block.index)
    for part in _PASSES:
        empty = _at_floor(local, signed, balance)
        # Accounts that no longer run dry, soon most of them, are dropped from the next passes.
        dry = np.bincount(local[empty], minlength=here) > 0
        stay = dry[local]
        order, local, signed = order[stay], local[stay], signed[stay]
        kind, turns, empty = kind[stay], turns[stay], empty[stay]
        (short,) = np.nonzero(empty)
        short = short[rng.random(len(short)) < part]
        may = turns & (signed < 0)
        # A payment that may not be turned, a rent for instance, turns the last one before it.
        last = np.maximum.accumulate(np.where(may, np.arange(len(order)), 0))[short]
        last = last[may[last] & (local[last] == local[short])]
        kind[last] = AS_CREDIT[kind[last]]
        signed[last] = np.abs(signed[last])
        kinds[order[last]] = kind[last]


def _at_floor(
    local: NDArray[np.int64], signed: NDArray[np.int64], balance: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Mark the rows after which the balance, which never falls below 0, is 0.

    Rows are ordered by account and time. The balance is 0 where the unclamped one is at its lowest
    so far and not above 0. One sweep computes the sums and minima of all accounts: each account is
    shifted below the one before it, by more than any difference of balances.
    """
    here = np.arange(len(balance))
    total = signed.cumsum()
    before = np.concatenate([[0], total])[np.searchsorted(local, here)]
    zero = -here * (2 * int(np.abs(signed).sum()) + int(balance.max(initial=0)) + 1)
    running = total + (balance - before + zero)[local]
    lowest = np.minimum(np.minimum.accumulate(running), zero[local])
    at_floor: NDArray[np.bool_] = running == lowest
    return at_floor
