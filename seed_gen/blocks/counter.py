"""Where a row is paid, and in which form: branch or machine, notes and limits of cash."""

import numpy as np

from seed_gen.bank.segments import COMPANY
from seed_gen.blocks.plan import Block, Plan
from seed_gen.draws.clock import DAY
from seed_gen.draws.rows import AS_CREDIT, AT_MACHINE, IS_CASH, KINDS, Rows

_AT_BRANCH = np.array([kind.channel == "branch" for kind in KINDS])


def pay_in_cash(plan: Plan, block: Block, rows: Rows) -> None:
    """Give the cash of a block its place and form; changes `kind` and `cents`.

    `rows` are all rows of the block, in order of time. What would be at a branch after hours is at
    a machine, but for a few deposits in the night safe. Amounts are what notes can pay. No account
    draws more on a day than its account type may; what is beyond becomes a deposit.
    """
    limits, population = plan.payments, plan.population
    (cash,) = np.nonzero(IS_CASH[rows.kind])
    kind, second = rows.kind[cash], rows.second[cash]
    chance = plan.streams.get("cash.night_safe", block.index).random(len(cash))
    closed = _AT_BRANCH[kind] & ~plan.clock.is_open(second)
    closed &= chance >= plan.config.behaviour.night_safe_share
    kind = np.where(closed, AT_MACHINE[kind], kind)
    least, step, cents = limits.least[kind], limits.step[kind], rows.cents[cash]
    personal = population.segment[rows.account[cash]] != COMPANY
    most = np.where(personal, plan.config.behaviour.personal_cash * 100, limits.most[kind])
    most = np.minimum(most, limits.most[kind])
    # An amount outside the limits is as far inside, by ratio.
    cents = np.where(cents < least, least * least // cents, cents)
    cents = np.where(cents > most, most // np.maximum(cents // most, 1), cents)
    cents = np.maximum(cents // step * step, least)

    account_type = population.customers["account_type"][population.owner]
    for code, daily in enumerate(limits.daily):
        if not len(daily):
            continue
        (drawn,) = np.nonzero(kind == code)
        account = rows.account[cash[drawn]]
        key = account.astype(np.int64) * plan.clock.days + second[drawn] // DAY
        drawn = drawn[np.argsort(key, kind="stable")]
        account, key = rows.account[cash[drawn]], np.sort(key)
        total = cents[drawn].cumsum()
        before = total - cents[drawn]
        _, firsts, sizes = np.unique(key, return_index=True, return_counts=True)
        before -= np.repeat(before[firsts], sizes)
        left = np.maximum(daily[account_type[account]].astype(np.int64) - before, 0)
        left = left // step[drawn] * step[drawn]
        refused = left < least[drawn]
        kind[drawn[refused]] = AS_CREDIT[kind[drawn[refused]]]
        left = np.where(refused, limits.most[kind[drawn]], left)
        cents[drawn] = np.minimum(cents[drawn], left)
    rows.kind[cash], rows.cents[cash] = kind, cents
