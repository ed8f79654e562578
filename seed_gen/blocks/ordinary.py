"""The honest rows of a block except look-alikes: everyday rows, routines, salaries."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from seed_gen.bank.population import BUSINESS, DORMANT, INACTIVE, ORDINARY
from seed_gen.bank.segments import PENSIONER, Routine
from seed_gen.blocks.plan import Block, Plan
from seed_gen.draws.amounts import Habits, cents_of_log, lognormal_cents
from seed_gen.draws.clock import DAY, HOUR
from seed_gen.draws.randomness import draw_16_bits, weighted_table
from seed_gen.draws.rows import (
    AS_CREDIT,
    IS_CASH,
    IS_CREDIT,
    IS_OWN_CASH,
    NONE,
    SALARY,
    Column,
    Rows,
    concatenate,
    kind_weights,
)

_ALL_16_BITS = 1 << 16


def build_ordinary(plan: Plan, block: Block) -> Rows:
    """Return a block's everyday rows, then its routines and salaries, all with their devices."""
    rows = concatenate([_everyday(plan, block), _routines(plan, block), _salaries(plan, block)])
    rows.device = _devices(plan, block, rows.account, rows.second)
    return rows


def everyday_rows(plan: Plan, block: Block) -> int:
    """Return how many of a block's ordinary rows, the first of them, are everyday ones."""
    return int(_everyday_counts(plan, block).sum())


def _everyday_counts(plan: Plan, block: Block) -> NDArray[np.int64]:
    accounts = block.accounts
    counts = plan.activity[accounts].astype(np.int64) - plan.routine_rows[accounts]
    return counts + plan.silence.early[accounts] + plan.silence.late[accounts]


def _everyday(plan: Plan, block: Block) -> Rows:
    """Return the everyday rows of a block, account by account and in time order within each."""
    counts = _everyday_counts(plan, block)
    local = np.repeat(np.arange(len(block.accounts), dtype=np.int64), counts)
    # Until here the rows of an account are interchangeable; from here on they are in time order.
    keys = (local << 32) | _moments(plan, block, counts, local)
    keys.sort()
    second = (keys & 0xFFFFFFFF).astype(np.int32)
    account = block.accounts[local]

    kind = _kinds(plan, block, account, second)
    back = _after_silence(plan, block, local, second, kind)
    receiver, beneficiary = _counterparties(plan, block, local, kind, back == _TO_EXIT)
    abroad = np.zeros(plan.config.size_of("beneficiaries") + 1, dtype=np.bool_)  # the last: none
    abroad[plan.population.payees["high_risk"]] = True
    cents = _amounts(plan, block, account, kind, back, abroad[beneficiary])
    return Rows(account, second, cents, kind, receiver, beneficiary)


def _salaries(plan: Plan, block: Block) -> Rows:
    """Return salaries and pensions: one per account and month, from the same payer each time.

    They are paid on one of the month's first working days, within the hours of the branches.
    """
    behaviour, population = plan.config.behaviour, plan.population
    earners = block.accounts[plan.salaried[block.accounts]]
    months = len(plan.salary_days)
    size = len(earners) * months
    rng = _streams(plan, block, "salary")
    account = np.repeat(earners, months)
    chance = rng("day").random((len(earners), months))
    day = np.zeros((len(earners), months), dtype=np.int64)
    for month, first in enumerate(plan.salary_days):
        possible = np.arange(first, first + behaviour.salary_last_day)
        working = possible[plan.clock.working_days[possible]]
        possible = working if len(working) else possible[-1:]
        day[:, month] = possible[(chance[:, month] * len(possible)).astype(np.int64)]
    levels = plan.config.customers.income_bracket.names
    means = np.array([getattr(behaviour, f"salary_log_mean_{level}_income") for level in levels])
    mean = means[population.customers["income_bracket"][population.owner[earners]]]
    mean -= np.where(population.segment[earners] == PENSIONER, behaviour.pension_less, 0.0)
    salary = lognormal_cents(rng("amount"), mean, behaviour.salary_log_sigma, len(earners))
    employers = population.payees["merchants"]
    # Some employers are large: the square of a uniform number favours the first.
    chance = rng("employer").random(len(earners))
    employer = employers[(chance * chance * len(employers)).astype(np.int64)]
    return Rows(
        account=account,
        second=plan.clock.draw_on_days(rng("moment"), day.ravel(), night=False, counter=True),
        cents=np.repeat(np.maximum(salary // 10_000 * 10_000, 10_000), months),
        kind=np.full(size, SALARY, dtype=np.int8),
        beneficiary=np.repeat(employer, months),
    )


def _routines(plan: Plan, block: Block) -> Rows:
    """Return the payments on fixed days: each routine of the accounts that keep it."""
    parts = []
    for name, routine in plan.config.routines.items():
        accounts = block.accounts[plan.routines[name][block.accounts]]
        parts.append(_routine(plan, block, name, routine, accounts))
    return concatenate(parts)


def _routine(
    plan: Plan, block: Block, name: str, routine: Routine, accounts: NDArray[np.int32]
) -> Rows:
    """Return one routine's rows: by account, by payee, by time."""
    population, clock, customs = plan.population, plan.clock, plan.customs
    rng = _streams(plan, block, f"routine.{name}")
    begins, size, payees = routine.beginnings(clock), len(accounts), routine.payees
    times = len(begins)

    # The same each time: the day, the payees, their usual amounts and the kind of payment.
    first, last = routine.days
    day = rng("day").integers(first - 1, last - 1, size=size, endpoint=True, dtype=np.int64)
    usual = np.repeat(population.log_mean[accounts], payees) + routine.shift
    usual = usual + rng("usual").standard_normal(size * payees) * routine.spread
    way = customs.debit_kinds[draw_16_bits(rng("kind"), size * payees)].astype(np.int8)
    way = AS_CREDIT[way] if routine.credit else way
    bits = draw_16_bits(rng("system"), size * payees)
    way = plan.payments.choose(way, cents_of_log(usual), bits)
    owner = np.repeat(accounts, payees)
    step = rng("other").integers(1, population.size, size=size * payees)
    other = ((owner + step) % population.size).astype(np.int32)
    inside = rng("internal").random(size * payees) < plan.config.behaviour.internal_share
    among = population.payees[routine.payee]
    if not len(among):  # a configuration may have none of this kind
        among = population.payees["usual"]
    payee = among[rng("payee").integers(0, len(among), size=size * payees)]

    # Different each time: the hour, and the amount where it varies.
    moments = np.add.outer(day, begins).ravel()
    moment = clock.draw_on_days(rng("moment"), moments, night=False).reshape(size, 1, times)
    later = rng("later").random((size, payees, times)) * (routine.within_hours * HOUR)
    second = moment + later.astype(np.int64)
    # Payments that begin late in the evening end before midnight.
    second = np.minimum(second, moments.reshape(size, 1, times) * DAY + DAY - 1)
    amount = np.repeat(usual, times)
    habit = np.repeat(draw_16_bits(rng("habit"), size * payees), times)
    if routine.varies > 0:
        amount = amount + rng("varies").standard_normal(len(amount)) * routine.varies
        habit = draw_16_bits(rng("habits"), len(amount))
    cents = cents_of_log(amount)
    if not routine.credit:  # nobody keeps a habit beyond the balance
        affordable = population.balance_cents[accounts] // (2 * payees) + 1
        cents = np.minimum(cents, np.repeat(affordable, payees * times))
    return Rows(
        account=np.repeat(owner, times),
        second=second.ravel().astype(np.int32),
        cents=customs.transfer_habits.apply(cents, habit),
        kind=np.repeat(way, times),
        receiver=np.repeat(np.where(inside, other, NONE).astype(np.int32), times),
        beneficiary=np.repeat(np.where(inside, NONE, payee).astype(np.int32), times),
    )


def _streams(plan: Plan, block: Block, prefix: str) -> Callable[[str], np.random.Generator]:
    """Return the block's streams under one prefix, by what is drawn: `rng("amount")`."""
    return lambda what: plan.streams.get(f"{prefix}.{what}", block.index)


def _moments(
    plan: Plan, block: Block, counts: NDArray[np.int64], local: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Draw when each row happens: anywhere in the window, or outside the account's silence."""
    rng, clock, behaviour = _streams(plan, block, "everyday"), plan.clock, plan.config.behaviour
    accounts, size = block.accounts, len(local)
    turn = np.arange(size) - np.repeat(np.cumsum(counts) - counts, counts)
    second = clock.draw_anywhere(rng("moment"), size).astype(np.int64)

    # Households have days with many errands and days with none: some rows join another's day.
    status = plan.population.status[accounts]
    joins = rng("joins").random(size) < behaviour.same_days_share
    joins &= (status == ORDINARY)[local] & (turn > 0)
    leader = np.maximum.accumulate(np.where(joins, 0, np.arange(size)))[joins]
    (later,) = np.nonzero(joins)
    lag = rng("join_lag").geometric(1 / behaviour.same_days_length, size=len(later)) - 1
    day = second[leader] // DAY + lag
    # A row keeps its own hour, and its own day if the new one is after the window.
    second[later] = np.where(day < clock.days, day * DAY + second[later] % DAY, second[later])

    # Some rows follow another of the account within minutes.
    lively = np.isin(status, (ORDINARY, BUSINESS))[local]
    follows = rng("follows").random(size) < behaviour.burst_share
    follows &= lively & (turn > 0)
    leader = np.maximum.accumulate(np.where(follows, 0, np.arange(size)))
    delay = rng("delay").standard_exponential(int(follows.sum()))
    led = second[leader[follows]] + (delay * behaviour.burst_gap_minutes * 60).astype(np.int64)
    second[follows] = np.minimum(led, clock.seconds - 1)

    (silent,) = np.nonzero(~lively)
    account = accounts[local[silent]]
    is_early = turn[silent] < plan.silence.early[account]
    until = np.zeros(INACTIVE + 1)
    until[DORMANT] = plan.config.dormant.early_until
    until[INACTIVE] = plan.config.inactive.early_until
    early_end = (until[plan.population.status[account]] * clock.seconds).astype(np.int64)
    starts = np.where(is_early, 0, plan.silence.comeback[account] + 1)
    ends = np.where(is_early, early_end, clock.seconds)
    second[silent] = clock.draw_within(rng("outside_silence"), starts, ends)
    return second


def _kinds(
    plan: Plan, block: Block, account: NDArray[np.int32], second: NDArray[np.int32]
) -> NDArray[np.int8]:
    """Draw each row's kind; the channels' shares are reduced by what salaries and routines use.

    All rows of the branches are within their hours.
    """
    behaviour = plan.config.behaviour
    channels = behaviour.channels.parts()
    transfers = channels["mobile"] + channels["web"]
    for name in ("mobile", "web"):
        channels[name] -= plan.routine_share * channels[name] / transfers
    channels["web"] -= plan.salary_share
    channels["atm"] -= plan.takings_share * (1 - plan.clock.open_share)
    channels = {name: max(part, 0.0) for name, part in channels.items()}
    whole = sum(channels.values())
    at_branch = channels["branch"] / whole / max(plan.clock.open_share, 1e-9)
    tables = []
    for figures in plan.config.segments.values():
        for branch in (0.0, min(at_branch, 0.95)):
            others = (1 - branch) / max(whole - channels["branch"], 1e-9)
            scaled = {name: part * others for name, part in channels.items()} | {"branch": branch}
            weights = kind_weights(scaled, plan.config.payments, figures.credit_share)
            tables.append(weighted_table(weights))
    bits = draw_16_bits(_streams(plan, block, "everyday")("kind"), len(account))
    segment = plan.population.segment[account]
    places = bits + (2 * segment.astype(np.int64) + plan.clock.is_open(second)) * _ALL_16_BITS
    drawn: NDArray[np.int8] = np.concatenate(tables)[places].astype(np.int8)
    return drawn


_LARGE, _TO_EXIT = 1, 2  # payments of accounts back from a silence; 0: any other


def _after_silence(
    plan: Plan, block: Block, local: Column, second: Column, kind: Column
) -> NDArray[np.int8]:
    """Mark the large payments of accounts back from a silence, and which of them go to an exit."""
    behaviour, rng = plan.config.behaviour, _streams(plan, block, "everyday")
    comeback = plan.silence.comeback[block.accounts][local]
    large = (comeback != NONE) & (second > comeback)
    large &= rng("return_large").random(len(local)) < behaviour.return_large_share
    moves = rng("return_exit").random(len(block.accounts)) < behaviour.return_exit_share
    to_exit = moves[local] & ~IS_CASH[kind] & ~IS_CREDIT[kind]
    return np.where(large, np.where(to_exit, _TO_EXIT, _LARGE), 0).astype(np.int8)


def _amounts(
    plan: Plan, block: Block, account: Column, kind: Column, back: Column, abroad: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Draw amounts by system, KYC level, segment and direction, then round them as people do.

    Small sums go by the systems that have amounts of their own, and stay in the country.
    """
    behaviour, rng = plan.config.behaviour, _streams(plan, block, "everyday")
    size = len(account)
    shifts = np.array([(s.debit_shift, s.credit_shift) for s in plan.config.segments.values()])
    usual = plan.population.log_mean[account]
    large, own = back > 0, (plan.payments.log_sigma[kind] > 0) & ~abroad & (back == 0)
    usual = np.where(own, plan.payments.log_mean[kind], usual)
    usual += shifts[plan.population.segment[account], IS_CREDIT[kind].astype(np.int8)]
    sigma = np.where(own, plan.payments.log_sigma[kind], behaviour.amount_log_sigma)
    for sort, name in ((_LARGE, "large"), (_TO_EXIT, "exit")):
        usual[back == sort] = getattr(behaviour, f"return_{name}_log_mean")
        sigma[back == sort] = getattr(behaviour, f"return_{name}_log_sigma")
    cents = np.maximum(cents_of_log(rng("amount").standard_normal(size) * sigma + usual), 100)
    habit = draw_16_bits(rng("habit"), size)
    in_cash = plan.customs.cash_habits.apply(cents, habit)
    cents = np.where(IS_CASH[kind], in_cash, plan.customs.transfer_habits.apply(cents, habit))
    chance = rng("sort").random(size)
    (micro,) = np.nonzero(own & (chance < behaviour.micro_share))
    tiny = rng("micro").integers(100, 1_000, size=len(micro))
    cents[micro] = _MICRO_HABITS.apply(tiny, habit[micro])
    deposit = IS_OWN_CASH[kind] & IS_CREDIT[kind]
    share = np.where(large, behaviour.return_near_line_share, behaviour.near_line_share)
    (near,) = np.nonzero(deposit & (chance < share))
    low, high = 800_000, 999_900
    below = rng("near_line").integers(low, high, size=len(near), endpoint=True)
    cents[near] = plan.customs.cash_habits.apply_within(below, habit[near], low, high)
    return cents


_MICRO_HABITS = Habits(0.0, hundreds=0.0, tens=0.0, rupees=0.7)


def _counterparties(
    plan: Plan, block: Block, local: Column, kind: Column, to_exit: NDArray[np.bool_]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Draw receivers and beneficiaries: mostly regular ones, sometimes strangers."""
    behaviour, population = plan.config.behaviour, plan.population
    rng = _streams(plan, block, "everyday")
    account, size = block.accounts[local], len(local)
    own_cash = IS_OWN_CASH[kind]
    inside = (rng("internal").random(size) < behaviour.internal_share) & ~to_exit
    payers = np.array([s.stranger_payers for s in plan.config.segments.values()])
    strange = np.where(
        IS_CREDIT[kind], payers[population.segment[account]], behaviour.stranger_share
    )
    stranger = rng("stranger").random(size) < strange
    which = rng("favourite").random(size)
    which *= which  # squared: the first counterparties are drawn most often

    favourites = rng("favourites").integers(
        1, population.size, size=(len(block.accounts), behaviour.favourite_accounts)
    )
    step = favourites[local, (which * behaviour.favourite_accounts).astype(np.int64)]
    step = np.where(stranger, rng("any_account").integers(1, population.size, size=size), step)
    other = ((account + step) % population.size).astype(np.int32)
    receiver = np.where(own_cash, account, np.where(inside, other, NONE)).astype(np.int32)

    turn = (which * population.known_count[account]).astype(np.int64)
    payee = population.known[account, turn]
    usual, exits = population.payees["usual"], population.payees["exits"]
    anyone = usual[rng("any_beneficiary").integers(0, len(usual), size=size)]
    payee = np.where(stranger, anyone, payee)
    payee[to_exit] = exits[rng("exit").integers(0, len(exits), size=int(to_exit.sum()))]
    return receiver, np.where(own_cash | inside, NONE, payee).astype(np.int32)


def _devices(plan: Plan, block: Block, account: Column, second: Column) -> NDArray[np.int32]:
    """Draw devices: the home device, from some moment on a new phone, now and then another one."""
    behaviour, population, clock = plan.config.behaviour, plan.population, plan.clock
    rng = _streams(plan, block, "everyday")
    size, here = len(account), len(block.accounts)
    local = np.searchsorted(block.accounts, account)
    devices = len(population.devices["os_type"])
    buys = rng("buys_phone").random(here) < behaviour.new_phone_share
    bought = rng("phone_moment").integers(0, clock.seconds, size=here)
    bought = np.where(buys, bought, clock.seconds)
    comeback = plan.silence.comeback[block.accounts]
    anew = rng("return_phone").random(here) < behaviour.return_new_phone_share
    bought = np.where(anew & (comeback != NONE), comeback, bought)
    phone = rng("phone").integers(0, devices, size=here, dtype=np.int32)
    device = np.where(second >= bought[local], phone[local], population.home_device[account])

    chance = rng("device_choice").random(size)
    (away,) = np.nonzero(chance < behaviour.other_device_share)
    anywhere = rng("device").integers(0, devices, size=len(away), dtype=np.int32)
    public = max(1, round(behaviour.public_device_share * devices))
    public_devices = plan.streams.get("devices.public").permutation(devices)[:public]
    in_public = public_devices[anywhere % public]
    is_public = chance[away] < behaviour.other_device_share / 2
    device[away] = np.where(is_public, in_public, anywhere)
    return device
