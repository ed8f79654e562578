"""Blocks of transactions: everyday rows, look-alikes and schemes of the same accounts, mixed."""

import dataclasses
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from seed_gen.blocks.counter import pay_in_cash
from seed_gen.blocks.means import live_within_means
from seed_gen.blocks.ordinary import build_ordinary, everyday_rows
from seed_gen.blocks.plan import Block, Plan
from seed_gen.draws.randomness import draw_16_bits
from seed_gen.draws.rows import NONE, ROLE_OF, Rows, concatenate
from seed_gen.typologies.base import Typology


@dataclasses.dataclass(frozen=True)
class Numbered:
    """Rows in the order of the file, each with the number in its transaction id."""

    number: NDArray[np.int64]
    rows: Rows


def generate(plan: Plan) -> Iterator[Numbered]:
    """Yield every block of the plan in turn."""
    for block in plan.blocks:
        yield generate_block(plan, block)


def generate_block(plan: Plan, block: Block) -> Numbered:
    """Return a block's rows by time; within a second by the number in the id, which is random."""
    parts = [build_ordinary(plan, block)]
    for lookalike in plan.lookalikes:
        schemes = plan.schemes(lookalike, block)
        if len(schemes):
            rows = lookalike.build(plan.scene(lookalike, block), schemes)
            rows.scheme = np.full(len(rows), NONE, dtype=np.int32)
            parts.append(rows)
    for code, typology in enumerate(plan.typologies, start=1):
        if block.schemes.get(typology.name):
            parts.append(_criminal_rows(plan, block, typology, code))
    rows = concatenate(parts)
    if len(rows) != block.honest_rows + block.fraud_rows:
        raise AssertionError(f"block {block.index} has {len(rows)} rows, not what was planned")
    number = plan.numbers(block.first_row + np.arange(len(rows)))
    order = _in_time(plan, rows, number)
    rows = rows.take(order)
    pay_in_cash(plan, block, rows)
    back = plan.silence.comeback[rows.account]
    usual = (order < everyday_rows(plan, block)) & ((back == NONE) | (rows.second < back))
    live_within_means(plan, block, rows, usual)
    bits = draw_16_bits(plan.streams.get("payments.system", block.index), len(rows))
    limits, kind, cents = plan.payments, rows.kind, rows.cents
    # A routine keeps its system, as long as that may carry the amount.
    routine = (order >= everyday_rows(plan, block)) & (order < len(parts[0]))
    routine &= (cents >= limits.least[kind]) & (cents <= limits.most[kind])
    rows.kind = np.where(routine, kind, limits.choose(kind, cents, bits))
    number = number[order]
    order = _in_time(plan, rows, number)
    return Numbered(number[order], rows.take(order))


def _in_time(plan: Plan, rows: Rows, number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the order of rows by time, then number; fast where few are out of it."""
    key = (rows.second.astype(np.int64) << plan.rows.bit_length()) | number
    return np.argsort(key, kind="stable")


def _criminal_rows(plan: Plan, block: Block, typology: Typology, code: int) -> Rows:
    """Return a typology's rows with their labels and the numbers of scheme and flow."""
    schemes = plan.schemes(typology, block)
    rows = typology.build(plan.scene(typology, block), schemes)
    rows.fraud = np.full(len(rows), code, dtype=np.int8)
    rows.scheme = (rows.scheme + block.first_scheme[typology.name]).astype(np.int32)
    if typology.flow:
        rows.flow = rows.scheme
    rows.role = np.where(rows.role == NONE, ROLE_OF[typology.role], rows.role).astype(np.int8)
    return rows


def scheme_traits(plan: Plan, block: Block) -> dict[str, NDArray[np.integer]]:
    """Return what the rows of a block's schemes do not show, from the streams of those rows.

    By scheme: `number`; `fraud`, the number of the typology; `skipped`, the one of the plan's
    `signals` that it misses, or `NONE`; `slow`.
    """
    parts = [np.empty((4, 0), dtype=np.int32)]
    for code, typology in enumerate(plan.typologies, start=1):
        schemes, scene = plan.schemes(typology, block), plan.scene(typology, block)
        traits = np.full((4, len(schemes)), NONE, dtype=np.int32)
        traits[0] = block.first_scheme.get(typology.name, 0) + np.arange(len(schemes))
        traits[1] = code
        for signal, marks in typology.missed(scene, schemes).items():
            traits[2, marks] = plan.signals.index(signal)
        traits[3] = typology.slow(scene, schemes)
        parts.append(traits)
    columns = np.concatenate(parts, axis=1)
    return dict(zip(("number", "fraud", "skipped", "slow"), columns, strict=True))
