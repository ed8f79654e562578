"""Random numbers that do not depend on order: named streams, tables, a keyed permutation."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.integer]

_TABLE_BITS = 16
_ROUNDS = 6
_MIX = np.uint64(0x9E3779B97F4A7C15)
_MIX_AGAIN = np.uint64(0xD6E8FEB86659FD93)


class Streams:
    """Independent generators, one per name and block, all derived from one seed.

    A name says what is drawn (`transactions.amount`), a block which fixed part of the table. A
    stream is the same at every request, so neither the order of the work, nor the size of a write,
    nor the number of threads can change a value. All streams are PCG64, which gives the same
    numbers on every x86-64 machine with the same numpy.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def get(self, name: str, block: int = 0) -> np.random.Generator:
        """Return a fresh generator at the start of the stream `name` of block `block`."""
        sequence = np.random.SeedSequence(self.seed, spawn_key=(_number_of(name), block))
        return np.random.Generator(np.random.PCG64(sequence))


@lru_cache(maxsize=4096)
def _number_of(name: str) -> int:
    return int.from_bytes(hashlib.blake2s(name.encode(), digest_size=8).digest(), "big")


def weighted_table(weights: Sequence[float] | NDArray[np.floating]) -> NDArray[np.int16]:
    """Return a table of 65,536 entries that repeats each index in proportion to its weight.

    Uniform 16-bit numbers as its index draw by weight, to within 1/65,536.
    """
    cumulative = np.cumsum(np.asarray(weights, dtype=np.float64))
    size = 1 << _TABLE_BITS
    edges = np.rint(cumulative / cumulative[-1] * size).astype(np.int64)
    return np.repeat(np.arange(len(weights), dtype=np.int16), np.diff(edges, prepend=0))


def draw_index(rng: np.random.Generator, probabilities: Sequence[float], size: int) -> Ints:
    """Draw `size` indexes with the given probabilities; int8, so at most 127 categories."""
    edges = np.cumsum(np.asarray(probabilities, dtype=np.float64))[:-1]
    return np.searchsorted(edges, rng.random(size), side="right").astype(np.int8)


def draw_between(rng: np.random.Generator, ends: tuple[int, int], size: int) -> NDArray[np.int32]:
    """Draw `size` whole numbers between both ends, both included; int32."""
    return rng.integers(ends[0], ends[1], size=size, endpoint=True, dtype=np.int32)


def draw_16_bits(rng: np.random.Generator, size: int) -> NDArray[np.uint16]:
    """Draw `size` uniform 16-bit numbers."""
    return rng.integers(0, 1 << 16, size=size, dtype=np.uint16)


def make_distinct(drawn: NDArray[np.integer], among: int) -> None:
    """Make the numbers below `among` differ within each row: one that repeats moves up by one."""
    for column in range(1, drawn.shape[1]):
        while True:
            clash = (drawn[:, :column] == drawn[:, column : column + 1]).any(axis=1)
            if not clash.any():
                break
            drawn[clash, column] = (drawn[clash, column] + 1) % among


class Permutation:
    """A keyed permutation of 0 … size-1, computed number by number and without a table.

    A Feistel network over the smallest power of two that holds `size`; a result beyond `size` is
    permuted again until it falls inside. Neighbours end up unrelated, and any part of the
    permutation can be computed without the rest.
    """

    def __init__(self, size: int, rng: np.random.Generator) -> None:
        self.size = size
        bits = max(2, int(size - 1).bit_length())
        self._low_bits = bits // 2
        self._high_bits = bits - self._low_bits
        self._keys = rng.integers(0, 1 << 63, size=_ROUNDS, dtype=np.uint64)

    def __call__(self, numbers: Ints) -> NDArray[np.int64]:
        """Return where each of `numbers` goes, in the shape of `numbers`."""
        result = self._once(numbers.astype(np.uint64))
        limit = np.uint64(self.size)
        (outside,) = np.nonzero(result >= limit)
        while outside.size:
            again = self._once(result[outside])
            result[outside] = again
            outside = outside[again >= limit]
        return result.astype(np.int64)

    def _once(self, numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
        low_bits, high_bits = np.uint64(self._low_bits), np.uint64(self._high_bits)
        low = numbers & ((np.uint64(1) << low_bits) - np.uint64(1))
        high = numbers >> low_bits
        for turn, key in enumerate(self._keys):
            if turn % 2:
                high ^= _scramble(low, key, high_bits)
            else:
                low ^= _scramble(high, key, low_bits)
        return (high << low_bits) | low


def _scramble(half: NDArray[np.uint64], key: np.uint64, bits: np.uint64) -> NDArray[np.uint64]:
    """Mix one half with a round key into `bits` bits; arithmetic modulo 2^64 throughout."""
    mixed = half + key
    mixed *= _MIX
    mixed ^= mixed >> np.uint64(32)
    mixed *= _MIX_AGAIN
    return mixed >> (np.uint64(64) - bits)
