"""The payment systems as arrays by kind, and the choice of a system for each transfer."""

import numpy as np
from numpy.typing import NDArray

from seed_gen.draws.amounts import cents_of_log
from seed_gen.draws.rows import AS_CREDIT, IS_CASH, IS_CREDIT, KINDS, SALARY, Column, system_of
from seed_gen.figures.payments import PaymentSystem
from seed_gen.figures.world import World

# The debits: a transfer's system does not depend on its direction.
_CODES = np.array([c for c in range(len(KINDS)) if not (IS_CASH[c] or IS_CREDIT[c])])
_IS_TRANSFER = ~IS_CASH & (np.arange(len(KINDS)) != SALARY)
_IS_WEB = np.array([kind.channel == "web" for kind in KINDS])


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
        self._parts = self._parts_of(world, systems)

    def _parts_of(self, world: World, systems: list[PaymentSystem]) -> NDArray[np.int32]:
        """Return, by channel and band of amounts, the cumulated parts of the systems, of 65,536.

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
        usual = np.full(len(middle), 1e-300)
        for level, share in zip(levels.names, levels.probabilities, strict=True):
            mean = getattr(behaviour, f"amount_log_mean_{level}_kyc")
            usual += share * density(mean, max(behaviour.amount_log_sigma, 0.1))
        weights = np.zeros((2, len(middle), len(systems)))
        for place, (code, system) in enumerate(zip(_CODES, systems, strict=True)):
            own = density(system.log_mean, system.log_sigma) if system.log_sigma > 0 else usual
            fits = (low >= system.least * 100) & (high <= system.most * 100)
            weights[int(_IS_WEB[code]), :, place] = own * system.part * fits
        weights[0] = np.where(weights[0].any(axis=1, keepdims=True), weights[0], weights[1])
        share = weights.cumsum(axis=2) / np.maximum(weights.sum(axis=2, keepdims=True), 1e-300)
        parts: NDArray[np.int32] = np.rint(share * 65_536).astype(np.int32)
        return parts.reshape(-1, len(systems))

    def choose(self, kind: Column, cents: Column, bits: NDArray[np.uint16]) -> NDArray[np.int8]:
        """Return the kinds with each transfer's system chosen by channel and amount."""
        band = np.searchsorted(self._edges, cents, side="right")
        band += _IS_WEB[kind] * (len(self._edges) + 1)
        place = (bits[:, None] >= self._parts[band]).sum(axis=1)
        chosen = _CODES[np.minimum(place, len(_CODES) - 1)]
        chosen = np.where(IS_CREDIT[kind], AS_CREDIT[chosen], chosen)
        return np.where(_IS_TRANSFER[kind], chosen, kind).astype(np.int8)
