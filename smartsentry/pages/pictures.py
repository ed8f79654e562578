"""The pictures of a case, as SVG: its time line, and the flow of its money.

They need no package beyond the standard library, and take their colours from the page's style.
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from html import escape

from smartsentry.pages.html import Row, count, money

WIDTH = 876  # that of the page
# By how a transaction is marked: the style of its dot, and its size.
MARKS = {
    "qualifying": ("var(--alarm)", 4.5),
    "has an alert": ("var(--calm)", 3.0),
    "has no alert": ("#9aa5b1", 2.2),
    "recorded by the other side": ("#7b4fa3", 2.6),
}
ELSEWHERE = "recorded by the other side"  # its dot is a ring


def mark(row: Row) -> str:
    """Return how a transaction is marked."""
    if row["membership"] == "qualifying":
        return "qualifying"
    if row["recorded_by"] == "counterparty":
        return ELSEWHERE
    return "has an alert" if row["alerts"] else "has no alert"


def shortened(identifier: str, most: int = 13) -> str:
    """Return an id that fits into a picture."""
    half = (most - 1) // 2
    return identifier if len(identifier) <= most else f"{identifier[:half]}…{identifier[-half:]}"


def _svg(height: float, said: str, drawn: Iterable[str], **style: str) -> str:
    styles = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in style.items())
    return (
        f'<figure><svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:g}"'
        f' viewBox="0 0 {WIDTH} {height:g}" role="img" aria-label="{escape(said)}"'
        f' font-family="Helvetica, Arial, sans-serif" font-size="11" fill="var(--ink)"{styles}>'
        f"{''.join(drawn)}</svg></figure>"
    )


# ── The time line ────────────────────────────────────────────────────────────────────────────


def time_line(rows: list[Row]) -> str:
    """Draw amounts over time: money in upwards, money out downwards, on a logarithmic scale.

    Args:
        rows: One per payment, with `timestamp`, `transaction_id`, `direction`, `amount`,
            `membership`, `recorded_by` and `alerts`.
    """
    first, last = (pick(row["timestamp"] for row in rows) for pick in (min, max))
    left, right, middle, half = 62, WIDTH - 12, 96, 78
    span = (last - first).total_seconds()
    top = max(math.log10(max(row["amount"] for row in rows)), 1.0)
    lowest = min(math.log10(min(row["amount"] for row in rows)), top - 1)
    bottom = max(math.floor(lowest), math.floor(top) - 3)  # what is less is drawn on the line

    def x(at: datetime) -> float:
        share = (at - first).total_seconds() / span if span else 0.5
        return left + 10 + share * (right - left - 20)

    def y(power: float, direction: str) -> float:
        reach = half * max((power - bottom) / (top - bottom), 0)
        return middle - reach if direction == "in" else middle + reach

    drawn = [
        f'<text x="0" y="14" fill="var(--muted)">in ↑</text>'
        f'<text x="0" y="{2 * middle - 4}" fill="var(--muted)">out ↓</text>'
    ]
    for direction in ("in", "out"):
        for power in range(bottom + 1, math.floor(top) + 1):
            at = y(power, direction)
            drawn.append(
                f'<path d="M{left} {at:.1f}H{right}" stroke="var(--line)"/><text x="{left - 6}"'
                f' y="{at + 3.5:.1f}" text-anchor="end" fill="var(--muted)">{_short(power)}</text>'
            )
    drawn.append(f'<path d="M{left} {middle}H{right}" stroke="var(--muted)"/>')
    for day, said in _days(first, last):
        drawn.append(
            f'<path d="M{x(day):.1f} {middle - half - 6}V{middle + half + 8}"'
            f' stroke="var(--line)" stroke-dasharray="2 3"/><text x="{x(day):.1f}"'
            f' y="{middle + half + 22}" text-anchor="middle" fill="var(--muted)">{said}</text>'
        )
    # What qualifies is drawn last, above the others.
    for name, (colour, size) in reversed(MARKS.items()):
        for row in rows:
            if mark(row) != name:
                continue
            across, up = x(row["timestamp"]), y(math.log10(row["amount"]), row["direction"])
            stem = f'<path d="M{across:.1f} {middle}V{up:.1f}" stroke="{colour}"/>'
            said = (
                f"{row['transaction_id']}: {money(row['amount'])} {row['direction']},"
                f" {row['timestamp']:%d %b %Y %H:%M:%S}, {name}"
            )
            drawn.append(
                f"<g><title>{escape(said)}</title>{stem if size > 4 else ''}"
                f'<circle cx="{across:.1f}" cy="{up:.1f}" r="{size}"'
                f' fill="{"#fff" if name == ELSEWHERE else colour}" stroke="{colour}"/></g>'
            )
    said = f"{len(rows)} payments from {first:%d %b %Y %H:%M} to {last:%d %b %Y %H:%M}"
    return _svg(2 * middle + 10, said, drawn)


def _short(power: int) -> str:
    """Return a power of ten in a few characters: 10,000, 1 lakh, 10 crore."""
    for unit, size in ((" crore", 7), (" lakh", 5)):
        if power >= size:
            return f"{10 ** (power - size):,}{unit}"
    return f"{10**power:,}" if power >= 0 else f"{10.0**power:g}"


def _days(first: datetime, last: datetime) -> list[tuple[datetime, str]]:
    """Return up to eight moments within a span, with what to write below: days, or hours."""
    span = last - first
    if span < timedelta(days=2):
        step = timedelta(hours=next(h for h in (1, 3, 6, 12) if span <= 8 * timedelta(hours=h)))
        form = "%d %b %H:%M"
    else:
        step, form = timedelta(days=math.ceil(span / timedelta(days=8))), "%d %b"
    midnight = first.replace(hour=0, minute=0, second=0)
    steps = (midnight + step * number for number in range(34))  # a day before, and eight steps
    return [(at, f"{at:{form}}") for at in steps if first <= at <= last] or [
        (first, f"{first:%d %b %H:%M}")
    ]


# ── The flow of money ────────────────────────────────────────────────────────────────────────


def money_flow(rows: list[Row]) -> str:
    """Draw who paid the customer's accounts, and whom they paid; thicker lines are larger sums.

    Args:
        rows: One per direction, account and counterparty, with `direction`, `own_account`,
            `account_place`, `own_accounts`, `other_side`, `other_place`, `other_sides`,
            `transactions`, `qualifying_transactions`, `recorded_elsewhere` and `amount`.
    """
    gap, box = 34, 116
    places = {
        direction: sorted({row["other_place"] for row in rows if row["direction"] == direction})
        for direction in ("in", "out")
    }
    accounts = sorted({row["account_place"] for row in rows})
    slots = max(len(accounts) * 1.3, *map(len, places.values()))
    height = gap * slots + 14
    spread = {side: (slots - len(found)) / 2 for side, found in places.items()}
    edges = {"in": (170.0, (WIDTH - box) / 2), "out": (WIDTH - 170.0, (WIDTH + box) / 2)}

    def other_y(row: Row) -> float:
        side = row["direction"]
        return 14 + gap * (spread[side] + places[side].index(row["other_place"]) + 0.4)

    def own_y(row: Row) -> float:
        return height * (accounts.index(row["account_place"]) + 0.5) / len(accounts)

    largest = float(max(row["amount"] for row in rows)) or 1.0
    drawn = []
    for row in sorted(rows, key=lambda row: row["qualifying_transactions"] > 0):
        (outer, inner), start, end = edges[row["direction"]], other_y(row), own_y(row)
        bend = (outer + inner) / 2
        thick = 1 + 11 * float(row["amount"]) / largest
        qualify, elsewhere = row["qualifying_transactions"], row["recorded_elsewhere"]
        by = ELSEWHERE if elsewhere == row["transactions"] else "has no alert"
        colour = MARKS["qualifying" if qualify else by][0]
        said = (
            f"{_other(row)} {'pays' if row['direction'] == 'in' else 'is paid by'}"
            f" {_own(row)}: {money(row['amount'])} in {_transactions(row['transactions'])},"
            f" qualifying {count(qualify)}, recorded by the other side {count(elsewhere)}"
        )
        drawn.append(
            f'<path d="M{outer:g} {start:.1f}C{bend:g} {start:.1f} {bend:g} {end:.1f} {inner:g}'
            f' {end:.1f}" fill="none" stroke="{colour}" stroke-opacity="0.55"'
            f' stroke-width="{thick:.1f}"><title>{escape(said)}</title></path>'
        )
    for side, found in places.items():
        anchor, at = ("start", 0) if side == "in" else ("end", WIDTH)
        for place in found:
            same = [r for r in rows if r["direction"] == side and r["other_place"] == place]
            total = sum(row["amount"] for row in same)
            how_many = sum(row["transactions"] for row in same)
            drawn.append(
                f'<text x="{at}" y="{other_y(same[0]) - 2:.1f}" text-anchor="{anchor}"'
                f' font-weight="bold">{escape(_other(same[0]))}</text><text x="{at}"'
                f' y="{other_y(same[0]) + 11:.1f}" text-anchor="{anchor}" fill="var(--muted)">'
                f"{money(total)} in {_transactions(how_many)}</text>"
            )
        if not found:
            what = f"no money {side}"
            drawn.append(
                f'<text x="{at}" y="{height / 2:.1f}" text-anchor="{anchor}"'
                f' fill="var(--muted)">{what}</text>'
            )
    for place in accounts:
        row = next(row for row in rows if row["account_place"] == place)
        drawn.append(
            f'<rect x="{(WIDTH - box) / 2}" y="{own_y(row) - 13:.1f}" width="{box}" height="26"'
            f' rx="3" fill="#fff" stroke="var(--calm)" stroke-width="1.5"/>'
            f'<text x="{WIDTH / 2}" y="{own_y(row) + 4:.1f}" text-anchor="middle">'
            f"{escape(_own(row))}</text>"
        )
    said = f"money in from {len(places['in'])} and out to {len(places['out'])} counterparties"
    return _svg(height, said, drawn)


def _transactions(number: int) -> str:
    return "1 transaction" if number == 1 else f"{count(number)} transactions"


def _other(row: Row) -> str:
    if row["other_sides"] > 1:
        return f"{count(row['other_sides'])} others"
    kind, _, identifier = row["other_side"].partition(" ")
    return f"{kind} {shortened(identifier)}".strip()


def _own(row: Row) -> str:
    if row["own_accounts"] > 1:
        return f"{count(row['own_accounts'])} accounts"
    return f"account {shortened(row['own_account'], 9)}"
