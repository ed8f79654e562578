"""The payment systems as arrays by kind, and the choice of a system for each transfer."""

import numpy as np
from numpy.typing import NDArray

from seed_gen.draws.amounts import Cents, cents_of_log
from seed_gen.draws.rows import IS_CASH, IS_CREDIT, KIND_OF, KINDS, SALARY, Column, system_of
from seed_gen.figures.payments import PaymentSystem
from seed_gen.figures.world import World

_CHANNELS = ("mobile", "web")
_CODES = np.array(
    [code for code, kind in enumerate(KINDS) if not (IS_CASH[code] or IS_CREDIT[code])]
)  # of the debits; a transfer's system does not depend on its direction
_IS_TRANSFER = ~IS_CASH & (np.arange(len(KINDS)) != SALARY)
_IS_WEB = np.array([kind.channel == "web" for kind in KINDS])
_CREDIT_OF = np.array([KIND_OF[KINDS[code]._replace(debit_credit="credit")] for code in _CODES])


class Payments:
    """Limits by kind in cents, and which system carries a transfer of an amount."""

    def __init__(self, world: World) -> None:
        of_kind = [world.payments.get(system_of(kind), PaymentSystem()) for kind in KINDS]
        self.least = np.array([max(system.least * 100, 1) for system in of_kind], dtype=np.int64)
        self.most = np.array([system.most * 100 for system in of_kind], dtype=np.int64)
        self.step = np.array([max(system.step * 100, 1) for system in of_kind], dtype=np.int64)
        self.log_mean = np.array([system.log_mean for system in of_kind])
        self.log_sigma = np.array([system.log_sigma for system in of_kind])
        self.daily = [np.array(system.daily) * 100 for system in of_kind]
        systems = [of_kind[code] for code in _CODES]
        limits = [s.least * 100 for s in systems] + [s.most * 100 + 1 for s in systems]
        grid = cents_of_log(np.arange(0.5, 19, 0.25))
        self._edges = np.unique(np.concatenate([grid, [limit for limit in limits if limit > 1]]))
        self._parts = np.concatenate([self._parts_of(world, systems, name) for name in _CHANNELS])

    def _parts_of(self, world: World, systems: list[PaymentSystem], channel: str) -> Cents:
        """Return, by band of amounts, the cumulated parts of the systems in 65,536ths.

        A system's part of a band is as in everyday payments, by the rule of Bayes. An amount that
        no mobile system may carry goes by web.
        """
        low = np.concatenate([[1], self._edges])
        high = np.concatenate([self._edges - 1, [10**15]])
        middle = (np.log(low) + np.log(high)) / 2 - np.log(100)

        def density(mean: float, sigma: float) -> NDArray[np.float64]:
            found: NDArray[np.float64] = np.exp(-(((middle - mean) / sigma) ** 2) / 2) / sigma
            return found

        levels, behaviour = world.customers.kyc_level, world.behaviour
        usual = np.zeros(len(middle)) + 1e-300
        for level, share in zip(levels.names, levels.probabilities, strict=True):
            mean = getattr(behaviour, f"amount_log_mean_{level}_kyc")
            usual += share * density(mean, max(behaviour.amount_log_sigma, 0.1))
        weights = np.zeros((2, len(middle), len(systems)))
        for place, (code, system) in enumerate(zip(_CODES, systems, strict=True)):
            own = density(system.log_mean, system.log_sigma) if system.log_sigma > 0 else usual
            fits = (low >= system.least * 100) & (high <= system.most * 100)
            weights[int(KINDS[code].channel == "web"), :, place] = own * system.part * fits
        found, web = weights[_CHANNELS.index(channel)], weights[1]
        found = np.where(found.sum(axis=1, keepdims=True) > 0, found, web)
        share = found.cumsum(axis=1) / np.maximum(found.sum(axis=1, keepdims=True), 1e-300)
        parts: Cents = np.rint(share * 65_536).astype(np.int64)
        return parts

    def choose(
        self,
        kind: Column,
        cents: Column,
        bits: NDArray[np.uint16],
        settled: bool | NDArray[np.bool_] = False,
    ) -> NDArray[np.int8]:
        """Return the kinds with each transfer's system chosen by channel and amount.

        What is settled stays, as long as its system may carry the amount.
        """
        band = np.searchsorted(self._edges, cents, side="right")
        band += _IS_WEB[kind] * (len(self._edges) + 1)
        place = (bits[:, None] >= self._parts[band]).sum(axis=1)
        place = np.minimum(place, len(_CODES) - 1)
        chosen = np.where(IS_CREDIT[kind], _CREDIT_OF[place], _CODES[place])
        stays = settled & (cents >= self.least[kind]) & (cents <= self.most[kind])
        return np.where(_IS_TRANSFER[kind] & ~stays, chosen, kind).astype(np.int8)
