"""The plan: how many rows every account and every scheme has, before any row is made.

The transactions are generated in blocks of accounts. A block is a random part of all accounts, and
every scheme stays within one block. A block therefore needs only its own streams: blocks can be
made in any order and written in pieces of any size. The plan's memory grows with the number of
accounts, not of transactions.
"""

import dataclasses

import numpy as np
from numpy.typing import NDArray

from raw_layer.errors import BadInputError
from seed_gen.bank.population import BUSINESS, DORMANT, INACTIVE, ORDINARY, build_population
from seed_gen.bank.segments import EMPLOYEE, PENSIONER
from seed_gen.config import Config
from seed_gen.draws.amounts import cents_of_log
from seed_gen.draws.clock import DAY, Clock
from seed_gen.draws.payments import Payments
from seed_gen.draws.randomness import Permutation, Streams, draw_between, make_distinct
from seed_gen.draws.rows import NONE
from seed_gen.figures.world import DormantFigures
from seed_gen.schemes.lookalikes import Lookalike
from seed_gen.schemes.patterns import Customs, Numbers, Pattern, Scene, Schemes
from seed_gen.typologies.base import Typology

ACCOUNTS_PER_BLOCK = 4_096  # fixed: another size makes other data
REFERENCE_RATE = 0.04  # the fraud rate at which the typologies' figures hold
NEW_ACCOUNT_DAYS = 60
LARGEST_BUSINESS_SHARE = 0.15  # of all rows; at a small scale one business could take most
GAP_DAYS = (1, 4)  # between two schemes of one dormant account
EXPOSURE_FLOOR = 5  # an account is drawn for a scheme in proportion to its rows plus this


@dataclasses.dataclass(frozen=True)
class Block:
    """A part of the accounts and the counts of what happens to them.

    `schemes` counts the block's schemes by pattern. `first_scheme` has the number of each
    typology's first scheme, and `first_row` is the number of the block's first transaction.
    """

    index: int
    accounts: Numbers
    schemes: dict[str, int]
    first_scheme: dict[str, int]
    first_row: int
    honest_rows: int
    fraud_rows: int


@dataclasses.dataclass(frozen=True)
class Silence:
    """By account: rows before and after the silence, second of the comeback (`NONE`: none)."""

    early: NDArray[np.int16]
    late: NDArray[np.int16]
    comeback: NDArray[np.int32]


class Plan:
    """The accounts, schemes and number of rows of every block."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.streams = Streams(config.seed)
        behaviour = config.behaviour
        self.clock = Clock(config.start, config.end, behaviour)
        self.payments = Payments(config)
        self.population = build_population(config, self.streams)
        self.typologies: list[Typology] = list(config.typologies.values())
        self.lookalikes: list[Lookalike] = list(config.lookalikes.values())
        self.fraud_types = ("normal", *(typology.name for typology in self.typologies))
        self.signals = tuple(dict.fromkeys(s for t in self.typologies for s in t.signals))
        self.customs = Customs.of(config)

        size = self.population.size
        order = self.streams.get("blocks.accounts").permutation(size).astype(np.int32)
        blocks = -(-size // ACCOUNTS_PER_BLOCK)
        bounds = [size * block // blocks for block in range(1, blocks)]
        self._parts = [np.sort(part) for part in np.split(order, bounds)]
        self._block_of = np.empty(size, dtype=np.int32)
        for index, part in enumerate(self._parts):
            self._block_of[part] = index

        self.salaried = self._salaried()
        last = self.clock.days - behaviour.salary_last_day
        self.salary_days = [day for day in self.clock.salary_months() if day <= last]
        self._plan_silence()
        self.pools = [self._pools_of(part) for part in self._parts]
        honest_schemes = self._plan_lookalikes()
        self.activity = self._plan_activity(honest_schemes)
        self.routines = self._plan_routines()
        self.routine_rows = np.zeros(size, dtype=np.int32)
        for name, marks in self.routines.items():
            self.routine_rows += marks * np.int32(config.routines[name].rows(self.clock))
        self._cast()
        honest = self._honest_rows(honest_schemes)
        self.honest_rows, rate = sum(honest), config.fraud_rate
        self.fraud_target = round(self.honest_rows * rate / (1 - rate))
        fraud_schemes = self._plan_fraud(self.fraud_target)
        self.blocks = self._plan_blocks(honest, honest_schemes, fraud_schemes)
        self.fraud_rows = sum(block.fraud_rows for block in self.blocks)
        self.rows = self.honest_rows + self.fraud_rows
        self.numbers = Permutation(self.rows, self.streams.get("transactions.transaction_id"))
        salaries = int(self.salaried.sum()) * len(self.salary_days)
        self.salary_share = salaries / max(self.honest_rows, 1)
        takings = [{"takings": numbers.get("takings", 0)} for numbers in honest_schemes]
        self.takings_share = self._all_rows_of(takings) / max(self.honest_rows, 1)
        self.routine_share = int(self.routine_rows.sum()) / max(self.honest_rows, 1)

    def _pools_of(self, part: Numbers) -> dict[str, Numbers]:
        """Return the accounts of a block by pool, in ascending order."""
        status = self.population.status[part]
        new = (status == ORDINARY) & (self.population.open_days[part] < NEW_ACCOUNT_DAYS)
        return {
            "ordinary": part[(status == ORDINARY) | (status == BUSINESS)],
            "new": part[new],
            "business": part[status == BUSINESS],
            "investors": part[(status == ORDINARY) & self.population.invests[part]],
            "dormant": part[status == DORMANT],
            "inactive": part[status == INACTIVE],
        }

    def _pool_sizes(self, pattern: Pattern) -> list[int]:
        """Return each block's accounts for a pattern; 0 where they are too few for one scheme."""
        sizes = [len(pools[pattern.pool]) for pools in self.pools]
        return [size if size >= pattern.accounts_per_scheme else 0 for size in sizes]

    def unplaced(self) -> list[str]:
        """Return the requested typologies for which no account fits at this scale."""
        wanted = [t.name for t in self.typologies if t.volume > 0 and self.config.fraud_rate > 0]
        return [n for n in wanted if not sum(block.schemes.get(n, 0) for block in self.blocks)]

    def _salaried(self) -> NDArray[np.bool_]:
        """Mark the accounts that receive a salary or a pension: each such customer's first one."""
        people = self.population
        first = np.zeros(people.size, dtype=np.bool_)
        if len(people.payees["merchants"]):  # without employers no salaries
            first[np.unique(people.owner, return_index=True)[1]] = True
        first &= np.isin(people.segment, (EMPLOYEE, PENSIONER)) & (people.status == ORDINARY)
        return first

    def _plan_silence(self) -> None:
        size = self.population.size
        early, late = np.zeros((2, size), dtype=np.int16)
        self.silence = Silence(early, late, np.full(size, NONE, dtype=np.int32))
        self._silent_schemes: dict[str, tuple[Numbers, Numbers]] = {}
        self._wake("dormant", 2, np.ones(len(self.population.dormant), dtype=np.bool_))
        # The last `honest_share` of the inactive accounts come back honestly.
        inactive = len(self.population.inactive)
        criminal = round(inactive * (1 - self.config.inactive.honest_share))
        self._wake("inactive", 1, np.arange(inactive) >= criminal)

    def _wake(self, pool: str, most: int, returns: NDArray[np.bool_]) -> None:
        """Plan one silent set: its counts, when each account wakes, and its schemes' accounts.

        No account carries more than `most` schemes; where `most` is 1, those that return honestly
        carry none.
        """
        accounts: Numbers = getattr(self.population, pool)
        figures: DormantFigures = getattr(self.config, pool)
        silence = self.silence
        size, clock = len(accounts), self.clock
        silence.early[accounts] = draw_between(
            self.streams.get(f"{pool}.early"), figures.early_transactions, size
        )
        late = draw_between(self.streams.get(f"{pool}.late"), figures.late_transactions, size)

        early_end = figures.early_until * clock.days
        first = max(
            clock.first_day(figures.comeback[0]), int(np.ceil(early_end)) + figures.silence_days
        )
        here = [typology for typology in self.typologies if typology.pool == pool]
        longest = max((typology.longest_days for typology in here), default=1)
        room = most * (longest + GAP_DAYS[1]) + 1
        last = min(clock.last_day(figures.comeback[1]), clock.days - room)
        if last < first:
            raise BadInputError(
                f"{pool}.comeback ends on day {last} of a window of {clock.days} days, but must "
                f"leave room behind {pool}.silence_days, which end on day {first}, and before the "
                f"{room} days that schemes may need."
            )
        days = self.streams.get(f"{pool}.comeback").integers(first, last, size, endpoint=True)

        load = np.zeros(size, dtype=np.int8)
        if most == 1:
            load[returns] = most
        chosen: list[tuple[Typology, NDArray[np.int64]]] = []
        factor = min(1.0, self.config.fraud_rate / REFERENCE_RATE)
        for typology in here:
            if factor == 0 or typology.volume == 0:
                continue
            wanted = max(1, round(size * typology.volume * factor))
            order = self.streams.get(f"{typology.name}.account").permutation(size)
            takers = order[load[order] < most][:wanted]
            load[takers] += 1
            chosen.append((typology, takers))

        # An account that is back has ordinary rows again, whether its comeback was honest or not.
        silence.late[accounts] = np.where(returns | (load > 0), late, 0)
        if most == 1:
            load[returns] = 0
        moment = clock.draw_on_days(self.streams.get(f"{pool}.moment"), days, load > 0)
        silence.comeback[accounts] = np.where(returns | (load > 0), moment, NONE)
        free = moment.astype(np.int64)  # the earliest second of the account's next scheme
        for typology, takers in chosen:
            begin = free[takers]
            self._silent_schemes[typology.name] = (accounts[takers], begin.astype(np.int32))
            gap = self.streams.get(f"{typology.name}.gap").integers(
                *GAP_DAYS, len(takers), endpoint=True
            )
            next_day = begin // DAY + typology.longest_days + gap
            rng = self.streams.get(f"{typology.name}.next")
            free[takers] = clock.draw_on_days(rng, next_day, night=True)

    def _plan_lookalikes(self) -> list[dict[str, int]]:
        schemes: list[dict[str, int]] = [{} for _ in self._parts]
        for lookalike in self.lookalikes:
            sizes, share = self._pool_sizes(lookalike), lookalike.per_thousand / 1_000
            least = int(share > 0 and sum(sizes) > 0)
            wanted = max(round(sum(sizes) * share), least)
            for index, number in enumerate(apportion(wanted, sizes)):
                schemes[index][lookalike.name] = number
        return schemes

    def _plan_activity(self, honest_schemes: list[dict[str, int]]) -> NDArray[np.int32]:
        """Draw how many everyday and routine rows each ordinary or business account has.

        Honest rows of all kinds together have the configured mean per account, whatever the tail.
        """
        behaviour, population = self.config.behaviour, self.population
        size = population.size
        wanted = self.config.population.transactions_per_account * size
        fixed = int(self.salaried.sum()) * len(self.salary_days)
        fixed += int(self.silence.early.sum()) + int(self.silence.late.sum())
        fixed += self._all_rows_of(honest_schemes)

        mean = np.zeros(size)
        (business,) = np.nonzero(population.status == BUSINESS)
        weekly = draw_between(
            self.streams.get("business.weekly"), behaviour.business_weekly, len(business)
        )
        volume = weekly * (self.clock.days / 7)
        volume *= min(1.0, LARGEST_BUSINESS_SHARE * wanted / max(volume.sum(), 1.0))
        mean[business] = volume
        (ordinary,) = np.nonzero(population.status == ORDINARY)
        spread = self.streams.get("ordinary.activity").standard_normal(len(ordinary))
        weight = cents_of_log(behaviour.activity_log_sigma * spread + 8)
        busier = np.array([segment.activity for segment in self.config.segments.values()])
        # Whole numbers, because their sum is exact in any order.
        weight = np.rint(weight * busier[population.segment[ordinary]]).astype(np.int64)
        rest = max(wanted - fixed - volume.sum(), 0.1 * wanted)
        mean[ordinary] = weight * (rest / max(int(weight.sum()), 1))
        counts = np.zeros(size, dtype=np.int32)
        for index, part in enumerate(self._parts):
            counts[part] = self.streams.get("ordinary.count", index).poisson(mean[part])
        return counts

    def _cast(self) -> None:
        """Add the accounts of launderers and of possible victims to the pools of each block.

        Both are drawn in proportion to activity. Launderers are few, so they work in many schemes.
        At a low fraud rate they are in a few blocks only, in each enough for the largest scheme.
        Large businesses are in at most every second gang, and take their share in its schemes.
        """
        factor, crime = self.config.fraud_rate / REFERENCE_RATE, self.config.crime
        gangs = [t.accounts_per_scheme for t in self.typologies if t.pool == "launderers"]
        least = 1 + max(gangs, default=0) * 5 // 4
        wanted = round(crime.launderer_share * self.population.size * factor)
        gang_blocks = min(max(wanted // least, 1), len(self.pools))
        self.pull = np.zeros(self.population.size, dtype=np.int64)
        for index, pools in enumerate(self.pools):
            free = pools["ordinary"]
            exposure = self.activity[free].astype(np.int64) + EXPOSURE_FLOOR
            chance = self.streams.get("crime.cast", index).standard_exponential(len(free))
            gang = max(least, wanted // gang_blocks) if index < gang_blocks else 0
            capped = np.minimum(exposure, exposure.sum() // (2 * max(gang, 1)) + 1)
            launders = np.argsort(chance / capped)[:gang]
            pools["launderers"] = np.sort(free[launders])
            self.pull[free] = exposure * EXPOSURE_FLOOR // capped
            others = np.delete(np.arange(len(free)), launders)
            order = np.argsort(chance[others] / exposure[others])
            victims = round(crime.victim_share * len(self._parts[index]))
            pools["victims"] = free[others[order[:victims]]]

    def _plan_routines(self) -> dict[str, NDArray[np.bool_]]:
        """Mark the accounts that keep each routine; its rows are part of their activity."""
        population = self.population
        left = self.activity.copy()
        left[population.status != ORDINARY] = 0
        kept: dict[str, NDArray[np.bool_]] = {}
        for name, routine in self.config.routines.items():
            rows = routine.rows(self.clock)
            marks = self.streams.get(f"routine.{name}").random(population.size) < routine.share
            marks &= np.isin(population.segment, routine.segments)
            marks &= left >= routine.needs * rows
            left[marks] -= rows
            kept[name] = marks
        return kept

    def _honest_rows(self, honest_schemes: list[dict[str, int]]) -> list[int]:
        of_account = self.activity + self.silence.early + self.silence.late
        of_account += self.salaried * np.int32(len(self.salary_days))
        own = [int(of_account[part].sum()) for part in self._parts]
        return [rows + self._rows_of(i, honest_schemes[i]) for i, rows in enumerate(own)]

    def _plan_fraud(self, target: int) -> list[dict[str, int]]:
        """Choose how many schemes of each typology every block holds, so that the rate is met.

        The schemes of silent accounts are fixed. The other typologies share the remaining rows by
        volume, in whole schemes, and the one that `fills` takes the rest.
        """
        schemes: list[dict[str, int]] = [{} for _ in self._parts]
        self._filled: dict[int, int] = {}
        if self.config.fraud_rate == 0:
            return schemes
        for name, (accounts, _) in self._silent_schemes.items():
            number = np.bincount(self._block_of[accounts], minlength=len(self._parts))
            for index, counted in enumerate(number):
                schemes[index][name] = int(counted)
        open_ended = [t for t in self.typologies if t.pool not in ("dormant", "inactive")]
        rest = max(0, target - self._all_rows_of(schemes))
        whole = sum(typology.volume for typology in open_ended)
        fills = next((t for t in open_ended if t.fills and t.volume > 0), None)
        for typology in open_ended:
            if typology is fills or typology.volume == 0:
                continue
            sizes = self._pool_sizes(typology)
            wanted = max(1, round(rest * typology.volume / whole / typology.rows_per_scheme()))
            if typology.pool == "new":  # each new account is used once
                wanted = min(wanted, sum(sizes))
            for index, part in enumerate(apportion(wanted, sizes)):
                schemes[index][typology.name] = part
        if fills is not None:
            rows = apportion(max(1, target - self._all_rows_of(schemes)), self._pool_sizes(fills))
            for index, wanted in enumerate(rows):
                # As many schemes as it takes; the last one is cut short.
                total = fills.sizes(self.streams.get(f"{fills.name}.size", index), wanted).cumsum()
                self._filled[index] = wanted
                schemes[index][fills.name] = int(np.searchsorted(total, wanted)) + (wanted > 0)
        return schemes

    def _all_rows_of(self, schemes: list[dict[str, int]]) -> int:
        return sum(self._rows_of(index, numbers) for index, numbers in enumerate(schemes))

    def _rows_of(self, block: int, schemes: dict[str, int]) -> int:
        """Return the rows of a block's schemes; `schemes` has their number by pattern."""
        patterns = {**self.config.lookalikes, **self.config.typologies}
        return sum(int(self.sizes(patterns[n], block, k).sum()) for n, k in schemes.items())

    def _plan_blocks(
        self,
        honest: list[int],
        honest_schemes: list[dict[str, int]],
        fraud_schemes: list[dict[str, int]],
    ) -> list[Block]:
        blocks, first_row, next_scheme = [], 0, 0
        for index, part in enumerate(self._parts):
            first_scheme: dict[str, int] = {}
            for name, number in fraud_schemes[index].items():
                first_scheme[name] = next_scheme
                next_scheme += number
            fraud = self._rows_of(index, fraud_schemes[index])
            schemes = honest_schemes[index] | fraud_schemes[index]
            counts = first_row, honest[index], fraud
            blocks.append(Block(index, part, schemes, first_scheme, *counts))
            first_row += honest[index] + fraud
        return blocks

    def sizes(self, pattern: Pattern, block: int, schemes: int) -> Numbers:
        """Return the rows of each scheme of a pattern in a block; equal at every call."""
        drawn = pattern.sizes(self.streams.get(f"{pattern.name}.size", block), schemes)
        if isinstance(pattern, Typology) and pattern.fills and schemes:
            drawn[-1] -= drawn.sum() - self._filled[block]
        return drawn

    def scene(self, pattern: Pattern, block: Block) -> Scene:
        """Return what a pattern sees while it builds its rows of a block."""
        world = self.streams, self.clock, self.population, self.customs
        return Scene(pattern.name, block.index, *world)

    def schemes(self, pattern: Pattern, block: Block) -> Schemes:
        """Return the schemes of a pattern in a block: accounts, rows, start."""
        number = block.schemes.get(pattern.name, 0)
        sizes = self.sizes(pattern, block.index, number)
        if pattern.name in self._silent_schemes:
            accounts, begins = self._silent_schemes[pattern.name]
            here = self._block_of[accounts] == block.index
            return Schemes(accounts[here].reshape(-1, 1), sizes, begins[here])
        rng = self.scene(pattern, block).rng
        pool, each = self.pools[block.index][pattern.pool], pattern.accounts_per_scheme
        if pattern.pool in ("new", "victims", "investors"):  # in turn: once, if there are enough
            chosen = np.resize(rng("account").permutation(len(pool)), (number, each))
        else:
            exposure = self.activity[pool].astype(np.int64) + EXPOSURE_FLOOR
            if pattern.pool == "launderers":
                exposure = self.pull[pool]
            chosen = draw_distinct(rng("account"), exposure, number, each)
        starts = np.full(number, NONE, dtype=np.int32)
        return Schemes(pool[chosen].reshape(number, each), sizes, starts)


def apportion(total: int, sizes: list[int]) -> list[int]:
    """Share `total` in proportion to `sizes`, in whole numbers that add up to it."""
    whole = sum(sizes)
    if whole == 0:
        return [0] * len(sizes)
    result, seen, given = [], 0, 0
    for size in sizes:
        seen += size
        upto = total * seen // whole
        result.append(upto - given)
        given = upto
    return result


def draw_distinct(
    rng: np.random.Generator, weights: NDArray[np.int64], rows: int, each: int
) -> NDArray[np.int64]:
    """Draw `rows` × `each` positions in `weights` by weight, all different within a row."""
    chance = rng.integers(0, int(weights.sum()), size=(rows, each))
    drawn = np.searchsorted(weights.cumsum(), chance, side="right")
    make_distinct(drawn, len(weights))
    return drawn
