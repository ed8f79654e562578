"""The bank's customers, accounts, devices and beneficiaries, and the links between them.

Every column has its own random stream, so a new column changes no other.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from raw_layer.errors import BadInputError
from seed_gen.bank.couplings import balance_keys, couple_customers, handed_out
from seed_gen.bank.segments import COMPANY, segment_of
from seed_gen.draws.amounts import lognormal_cents
from seed_gen.draws.randomness import Streams, draw_between, draw_index, make_distinct
from seed_gen.draws.rows import NONE, Column
from seed_gen.figures.fields import Distribution
from seed_gen.figures.world import World

Ids = NDArray[np.int32]
Marks = NDArray[np.bool_]

# An account's status.
ORDINARY, BUSINESS, DORMANT, INACTIVE = range(4)


@dataclasses.dataclass(frozen=True)
class Population:
    """The entities as columns of numbers; an id's number is its position.

    Categories are indexes into the configuration's distributions. `customers`, `devices` and
    `beneficiaries` hold their tables' columns by name. `known` has a row per account, with `NONE`
    after the last known beneficiary. `payees` are beneficiaries by sort: `exits` are crypto or
    offshore, `usual` all others, of them `risky_countries`, `merchants` and `individuals`;
    `high_risk` are exits and risky countries. `invests` marks the accounts of the few customers who
    know an exit. `dormant` and `inactive` are account numbers in random order.
    `status` is one of the four above; `segment` indexes `segments.NAMES`.
    """

    customers: dict[str, Column]
    devices: dict[str, Column]
    beneficiaries: dict[str, Column]
    owner: Ids
    balance_cents: NDArray[np.int64]
    open_days: Ids
    home_device: Ids
    known: Ids
    known_count: Ids
    dormant: Ids
    inactive: Ids
    status: NDArray[np.int8]
    segment: NDArray[np.int8]
    log_mean: NDArray[np.float64]
    invests: Marks
    payees: dict[str, Ids]

    @property
    def size(self) -> int:
        """The number of accounts."""
        return len(self.owner)


def build_population(world: World, streams: Streams) -> Population:
    """Draw all entities; raise `BadInputError` if the schemes would find no beneficiary."""
    customers, devices, beneficiaries = (
        _draw_columns(table, world, streams) for table in ("customers", "devices", "beneficiaries")
    )
    couple_customers(world, streams, customers)
    size, figures = world.size_of("accounts"), world.accounts
    owner = _owners(world, streams, size)
    lognormal = figures.avg_balance_log_mean, figures.avg_balance_log_sigma
    balance = lognormal_cents(streams.get("accounts.avg_balance"), *lognormal, size)
    keys = balance_keys(world, streams, customers, owner)
    open_days = draw_between(
        streams.get("accounts.account_open_days"), figures.account_open_days, size
    )

    order = streams.get("accounts.silent").permutation(size).astype(np.int32)
    ends = np.cumsum([round(silent.share * size) for silent in (world.dormant, world.inactive)])
    dormant, inactive, _ = np.split(order, ends)
    status = np.full(size, ORDINARY, dtype=np.int8)
    status[dormant], status[inactive] = DORMANT, INACTIVE
    status[_businesses(world, streams, customers, owner, status)] = BUSINESS
    segment = segment_of(world, customers)[owner]
    segment[status == BUSINESS] = COMPANY

    levels = world.customers.kyc_level.names
    means = [getattr(world.behaviour, f"amount_log_mean_{level}_kyc") for level in levels]
    payees = _payees(world, beneficiaries)
    verified = customers["kyc_level"] == levels.index("high")
    chance = streams.get("customers.invests").random(len(verified))
    invests = (chance < world.behaviour.investor_share)[owner]
    known, known_count = _known_beneficiaries(world, streams, verified[owner], invests, payees)
    return Population(
        customers=customers,
        devices=devices,
        beneficiaries=beneficiaries,
        owner=owner,
        balance_cents=handed_out(balance, balance, keys).astype(np.int64),
        open_days=open_days,
        home_device=_home_devices(world, streams, owner),
        known=known,
        known_count=known_count,
        dormant=dormant,
        inactive=inactive,
        status=status,
        segment=segment,
        log_mean=np.array(means)[customers["kyc_level"][owner]],
        invests=invests,
        payees=payees,
    )


def _draw_columns(table: str, world: World, streams: Streams) -> dict[str, Column]:
    """Draw a table's columns by the kind of figure: categories, a range or a rate."""
    drawn: dict[str, Column] = {}
    size = world.size_of(table)
    for column, figure in vars(getattr(world, table)).items():
        rng = streams.get(f"{table}.{column}")
        if isinstance(figure, Distribution):
            drawn[column] = draw_index(rng, figure.probabilities, size)
        elif isinstance(figure, tuple):
            drawn[column] = draw_between(rng, figure, size)
        else:
            drawn[column] = (rng.random(size) < figure).astype(np.int8)
    return drawn


def _home_devices(world: World, streams: Streams, owner: Ids) -> Ids:
    """Give each account a home device: mostly its owner's, which families share."""
    size, customers = len(owner), world.size_of("customers")
    devices = world.size_of("devices")
    own = streams.get("account_devices.customer").integers(0, devices, customers, dtype=np.int32)
    relative = streams.get("account_devices.family").integers(0, customers, customers)
    shares = streams.get("account_devices.shares").random(customers)
    own = np.where(shares < world.behaviour.family_device_share, own[relative], own)
    other = streams.get("account_devices.other").integers(0, devices, size, dtype=np.int32)
    second = streams.get("account_devices.second").random(size)
    return np.where(second < world.behaviour.own_device_per_account, other, own[owner])


def _owners(world: World, streams: Streams, size: int) -> Ids:
    """Give every customer an account, as long as there are enough; the others go to anyone."""
    customers, rng = world.size_of("customers"), streams.get("accounts.customer_id")
    more = rng.integers(0, customers, size=max(0, size - customers))
    return rng.permutation(np.concatenate([rng.permutation(customers)[:size], more])).astype(
        np.int32
    )


def _payees(world: World, beneficiaries: Mapping[str, Column]) -> dict[str, Ids]:
    """Return the beneficiaries by sort; raise `BadInputError` if there is no exit."""

    def are(column: str, name: str) -> Marks:
        names = getattr(world.beneficiaries, column).names
        found: Marks = beneficiaries[column] == names.index(name)
        return found

    exits = are("beneficiary_type", "crypto") | are("beneficiary_type", "offshore")
    if not exits.any():
        raise BadInputError(
            "beneficiaries.beneficiary_type leaves no crypto or offshore beneficiary at this "
            "scale, but the offshore typologies and their look-alikes need at least one."
        )
    usual = exits if exits.all() else ~exits
    risky = are("beneficiary_country_risk", "high")
    sorts = {
        "exits": exits,
        "usual": usual,
        "risky_countries": risky & usual if (risky & usual).any() else usual,
        "high_risk": exits | risky,
        "merchants": are("beneficiary_type", "merchant"),
        "individuals": are("beneficiary_type", "individual"),
    }
    return {name: np.nonzero(marks)[0].astype(np.int32) for name, marks in sorts.items()}


def _known_beneficiaries(
    world: World, streams: Streams, verified: Marks, invests: Marks, payees: Mapping[str, Ids]
) -> tuple[Ids, Ids]:
    """Draw each account's known beneficiaries, all different; (accounts, most) and their count.

    Fully verified customers trade with high-risk countries. Only those who invest know an exit.
    """
    ends, size = world.accounts.known_beneficiaries, len(verified)
    most, usual = ends[1], payees["usual"]
    place = streams.get("account_beneficiaries.beneficiary_id").integers(
        0, len(usual), size=(size, most)
    )
    trade = streams.get("account_beneficiaries.trade").random((size, most))
    trades = verified[:, None] & (trade < world.behaviour.trade_share)
    risky = np.searchsorted(usual, payees["risky_countries"])
    turn = streams.get("account_beneficiaries.high_risk").integers(0, len(risky), size=(size, most))
    place = np.where(trades, risky[turn], place)
    make_distinct(place, len(usual))
    known = usual[place]
    exits = payees["exits"]
    turn = streams.get("account_beneficiaries.exit").integers(0, len(exits), size=size)
    known[invests, min(1, most - 1)] = exits[turn[invests]]
    count = draw_between(streams.get("account_beneficiaries.count"), ends, size)
    known[np.arange(most) >= count[:, None]] = NONE
    return known, count


def _businesses(
    world: World, streams: Streams, customers: dict[str, Column], owner: Ids, status: Column
) -> Ids:
    """Choose the few accounts, of business customers, that make hundreds of payments a week."""
    names = world.customers.account_type.names
    company = np.isin(
        customers["account_type"],
        [names.index(name) for name in ("corporate", "business", "current")],
    )
    free = status == ORDINARY
    (candidates,) = np.nonzero(free & company[owner])
    if not len(candidates):
        (candidates,) = np.nonzero(free)
    wanted = max(1, round(world.behaviour.business_share * len(owner)))
    order = streams.get("accounts.business").permutation(len(candidates))
    return candidates[order[:wanted]].astype(np.int32)
