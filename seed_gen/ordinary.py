"""Everyday life: what the honest rows of a block's accounts are, look-alikes apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from seed_gen.amounts import Habits, lognormal_cents
from seed_gen.config import types_by_channel
from seed_gen.figures import Distribution
from seed_gen.plan import Block, Plan
from seed_gen.population import BUSINESS, DORMANT, INACTIVE, ORDINARY
from seed_gen.randomness import draw_16_bits, weighted_table
from seed_gen.rows import (
    IS_CASH,
    IS_CREDIT,
    IS_OWN_CASH,
    IS_UPI,
    NONE,
    SALARY,
    Rows,
    kind_weights,
)

_ALL_16_BITS = 1 << 16


def build_everyday(plan: Plan, block: Block) -> Rows:
    """Return the everyday rows of a block, account by account and in time order within each."""
    accounts = block.accounts
    everyday = plan.activity[accounts]
    early, late = plan.silence.early[accounts], plan.silence.late[accounts]
    counts = everyday.astype(np.int64) + early + late
    local = np.repeat(np.arange(len(accounts), dtype=np.int64), counts)
    second = _moments(plan, block, counts, local)
    # Which row of its account a row is does not matter until here; from here on it is its time.
    keys = (local << 32) | second
    keys.sort()
    second = (keys & 0xFFFFFFFF).astype(np.int32)
    account = accounts[local]

    kind = _kinds(plan, block, account)
    cents = _amounts(plan, block, account, second, kind)
    receiver, beneficiary = _counterparties(plan, block, account, local, kind)
    device = _devices(plan, block, account, local, second)
    return Rows(account, second, cents, kind, receiver, beneficiary, device)


def build_salaries(plan: Plan, block: Block) -> Rows:
    """Return the salaries: one per salaried account and month, from the same employer each time."""
    behaviour, population = plan.config.behaviour, plan.population
    earners = block.accounts[plan.salaried[block.accounts]]
    months = len(plan.salary_days)
    size = len(earners) * months
    rng = _streams(plan, block, "salary")
    account = np.repeat(earners, months)
    first = np.tile(np.array(plan.salary_days, dtype=np.int64), len(earners))
    day = first + rng("day").integers(0, behaviour.salary_last_day, size=size)
    levels = plan.config.customers.income_bracket.names
    means = np.array([getattr(behaviour, f"salary_log_mean_{level}_income") for level in levels])
    income = population.customers["income_bracket"][population.owner[earners]]
    salary = lognormal_cents(rng("amount"), means[income], behaviour.salary_log_sigma, len(earners))
    employers = population.merchants
    # Some employers are large: the square of a uniform number favours the first.
    chance = rng("employer").random(len(earners))
    employer = employers[(chance * chance * len(employers)).astype(np.int64)]
    return Rows(
        account=account,
        second=plan.clock.draw_on_days(rng("moment"), day, night=False),
        cents=np.repeat(np.maximum(salary // 10_000 * 10_000, 10_000), months),
        kind=np.full(size, SALARY, dtype=np.int8),
        receiver=np.full(size, NONE, dtype=np.int32),
        beneficiary=np.repeat(employer, months),
        device=population.home_device[account],
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

    # Some rows follow another of the account within minutes.
    lively = np.isin(plan.population.segment[accounts], (ORDINARY, BUSINESS))[local]
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
    early_end = (until[plan.population.segment[account]] * clock.seconds).astype(np.int64)
    starts = np.where(is_early, 0, plan.silence.comeback[account] + 1)
    ends = np.where(is_early, early_end, clock.seconds)
    second[silent] = clock.draw_within(rng("outside_silence"), starts, ends)
    return second


def _kinds(plan: Plan, block: Block, account: NDArray[np.int32]) -> NDArray[np.int8]:
    """Draw each row's kind; salaries, which are on web, leave that much less of web to draw."""
    behaviour = plan.config.behaviour
    salaries = plan.salary_share
    channels = dict(zip(behaviour.channels.names, behaviour.channels.probabilities, strict=True))
    channels["web"] = max(channels["web"] - salaries, 0.0)
    whole = sum(channels.values())
    scaled = Distribution(tuple(channels), tuple(part / whole for part in channels.values()))
    tables = []
    for credit_share in (behaviour.transfer_credit_share, behaviour.business_credit_share):
        weights = kind_weights(scaled, types_by_channel(plan.config), credit_share)
        tables.append(weighted_table(weights.tolist()))
    is_business = (plan.population.segment == BUSINESS)[account]
    bits = draw_16_bits(_streams(plan, block, "everyday")("kind"), len(account))
    return np.concatenate(tables)[bits + is_business.astype(np.int64) * _ALL_16_BITS].astype(
        np.int8
    )


def _amounts(
    plan: Plan,
    block: Block,
    account: NDArray[np.int32],
    second: NDArray[np.int32],
    kind: NDArray[np.int8],
) -> NDArray[np.int64]:
    """Draw amounts by the customer's KYC level, then round them as people do."""
    behaviour, rng = plan.config.behaviour, _streams(plan, block, "everyday")
    size = len(account)
    # Who comes back after months settles what has waited: some payments are far above the usual.
    comeback = plan.silence.comeback[account]
    large = (comeback != NONE) & (second > comeback)
    large &= rng("return_large").random(size) < behaviour.return_large_share
    usual = plan.population.log_mean[account] + np.where(large, behaviour.return_large_by, 0.0)
    cents = lognormal_cents(rng("amount"), usual, behaviour.amount_log_sigma, size)
    habit = draw_16_bits(rng("habit"), size)
    is_cash = IS_CASH[kind]
    customs = plan.customs
    cents = np.where(
        is_cash,
        customs.cash_habits.apply(cents, habit),
        customs.transfer_habits.apply(cents, habit),
    )
    chance = rng("sort").random(size)
    (micro,) = np.nonzero(IS_UPI[kind] & (chance < behaviour.micro_share))
    tiny = rng("micro").integers(100, 1_000, size=len(micro))
    cents[micro] = _MICRO_HABITS.apply(tiny, habit[micro])
    deposit = IS_OWN_CASH[kind] & IS_CREDIT[kind]
    (near,) = np.nonzero(deposit & (chance < behaviour.near_line_share))
    low, high = 800_000, 999_900
    below = rng("near_line").integers(low, high, size=len(near), endpoint=True)
    cents[near] = customs.cash_habits.apply_within(below, habit[near], low, high)
    return cents


_MICRO_HABITS = Habits(0.0, hundreds=0.0, tens=0.0, rupees=0.7)


def _counterparties(
    plan: Plan,
    block: Block,
    account: NDArray[np.int32],
    local: NDArray[np.int64],
    kind: NDArray[np.int8],
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Draw receivers and beneficiaries: regular ones mostly, strangers sometimes."""
    behaviour, population = plan.config.behaviour, plan.population
    rng = _streams(plan, block, "everyday")
    size = len(account)
    own_cash = IS_OWN_CASH[kind]
    inside = rng("internal").random(size) < behaviour.internal_share
    stranger = rng("stranger").random(size) < behaviour.stranger_share
    which = rng("favourite").random(size)
    which *= which  # the first of the regular ones is paid most

    favourites = rng("favourites").integers(
        1, population.size, size=(len(block.accounts), behaviour.favourite_accounts)
    )
    step = favourites[local, (which * behaviour.favourite_accounts).astype(np.int64)]
    step = np.where(stranger, rng("any_account").integers(1, population.size, size=size), step)
    other = ((account + step) % population.size).astype(np.int32)
    receiver = np.where(own_cash, account, np.where(inside, other, NONE)).astype(np.int32)

    turn = (which * population.known_count[account]).astype(np.int64)
    payee = population.known[account, turn]
    total = len(population.beneficiaries["beneficiary_type"])
    anyone = rng("any_beneficiary").integers(0, total, size=size, dtype=np.int32)
    payee = np.where(stranger, anyone, payee)
    return receiver, np.where(own_cash | inside, NONE, payee).astype(np.int32)


def _devices(
    plan: Plan,
    block: Block,
    account: NDArray[np.int32],
    local: NDArray[np.int64],
    second: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Choose devices: the home device, a new phone from some day on, sometimes another one."""
    behaviour, population, clock = plan.config.behaviour, plan.population, plan.clock
    rng = _streams(plan, block, "everyday")
    size, here = len(account), len(block.accounts)
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
