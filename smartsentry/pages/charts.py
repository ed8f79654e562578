"""Charts, each from the rows of one query, and their shared parts.

Rows are dictionaries by column name, as `html.rows` returns them.
"""

import io
import re
from datetime import date
from decimal import Decimal
from html import escape
from typing import Any

import altair as alt

from smartsentry.pages.html import Row, money
from smartsentry.pages.pictures import shortened

Rows = list[Row]
Chart = Any  # Altair's `encode` methods have no return types
Options = Any

INK, MUTED, GRID = "#1f2933", "#616e7c", "#e4e7eb"
CALM, ALARM, GOOD = "#1f6f8b", "#c2410c", "#4d7c0f"
SHADES = ["#f3f7f8", "#bcd9e0", "#6fb0c1", "#1f6f8b", "#0b3c4d"]
WHO = {"honest": CALM, "other honest": CALM, "criminal": ALARM, "found": CALM}
EXPECTED = ("expected", "promised")
WHO |= dict.fromkeys(EXPECTED, MUTED)
WIDTH = 790

STYLE: dict[str, Options] = {
    "font": "Helvetica, Arial, sans-serif",
    "background": "transparent",
    "aria": False,
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "labelLimit": 230,
        "titleColor": MUTED,
        "titleFontWeight": "normal",
        "gridColor": GRID,
        "domainColor": GRID,
        "tickColor": GRID,
    },
    "header": {"labelColor": INK, "labelFontSize": 11},
    "title": {"color": MUTED, "fontWeight": "normal", "fontSize": 11, "anchor": "start"},
    "legend": {"titleColor": MUTED, "titleFontWeight": "normal", "labelColor": INK},
}


def figure(chart: Chart, name: str) -> str:
    """Return a chart as a figure with an SVG; `name` is the prefix that makes its ids unique."""
    file = io.StringIO()
    chart.configure(**STYLE).save(file, format="svg")
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', file.getvalue())
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    return f"<figure>{svg}</figure>"


def chart(rows: Rows, **properties: Options) -> Chart:
    """Return a chart of rows, without marks yet; values become numbers and texts of JSON."""

    def plain(value: object) -> object:
        if isinstance(value, Decimal):
            return float(value)
        return value.isoformat() if isinstance(value, date) else value

    values = [{name: plain(value) for name, value in row.items()} for row in rows]
    return alt.Chart(alt.InlineData(values=values), **properties)


def folded(rows: Rows, *names: str) -> Rows:
    """Unpivot columns: return rows with a column's name as `who` and its value as `value`."""
    return [
        {**row, "who": name, "value": row[name]}
        for name in names
        for row in rows
        if row[name] is not None
    ]


def colour(colours: dict[str, str], legend: bool = True) -> alt.Color:
    """Return the colours of lines or dots by `who`."""
    return alt.Color(
        "who:N",
        title=None,
        scale=alt.Scale(domain=list(colours), range=list(colours.values())),
        legend=alt.Legend(orient="top", symbolOpacity=1) if legend else None,
    )


def lines(rows: Rows, x: alt.X, y: alt.Y, height: int = 220) -> Chart:
    """Lines by `who`; those of what was to be expected are dashed."""
    who = [name for name in WHO if any(row["who"] == name for row in rows)]
    dashes = [[5, 4] if name in EXPECTED else [1, 0] for name in who]
    return (
        chart(rows, width=WIDTH, height=height)
        .mark_line(strokeWidth=2, clip=True)
        .encode(
            x=x,
            y=y,
            color=colour({name: WHO[name] for name in who}),
            strokeDash=alt.StrokeDash("who:N", scale=alt.Scale(domain=who, range=dashes)),
        )
    )


def powers(low: int, high: int, form: str = ",", **scale: Options) -> dict[str, Options]:
    """Return scale and axis of a logarithmic quantity, with a mark for each power of ten."""
    marks = [10.0**power for power in range(low, high + 1)]
    return {"scale": alt.Scale(type="log", **scale), "axis": alt.Axis(values=marks, format=form)}


def spans(rows: Rows, x: alt.X, y: alt.Y, colours: dict[str, str], **size: Options) -> Chart:
    """One dot for each of `who` on a line by `rule_name`, and a stroke between them."""
    base = chart(rows, **size).encode(x=x, y=y)
    stroke = base.mark_line(color=GRID, strokeWidth=3).encode(detail="rule_name:N")
    return stroke + base.mark_point(filled=True, size=45, opacity=1).encode(color=colour(colours))


def rule_names(rows: Rows, **axis: Options) -> alt.Y:
    """Return the axis of rules, in the order of the rows."""
    order = list(dict.fromkeys(row["rule_name"] for row in rows))
    return alt.Y("rule_name:N", title=None, sort=order, axis={"labelFontSize": 10, **axis})


# ── The report's ─────────────────────────────────────────────────────────────────────────────


def per_day(rows: Rows) -> Chart:
    """Three panels over the days: transactions, money moved and alerts."""

    def panel(column: str, title: str, colour: str, **form: Options) -> Chart:
        y = alt.Y(f"{column}:Q", title=title, axis=alt.Axis(tickCount=4, **form))
        return (
            chart(rows, width=WIDTH, height=110)
            .mark_area(color=colour, opacity=0.25, line={"color": colour, "strokeWidth": 1.5})
            .encode(x=alt.X("date:T", title=None, axis=alt.Axis(format="%d %b", grid=False)), y=y)
        )

    return alt.vconcat(
        panel("transactions", "transactions", CALM, format=",d"),
        panel("amount", "crore", GOOD, labelExpr="format(datum.value / 1e7, ',.0f')"),
        panel("alerts", "alerts", ALARM, format=",d"),
        spacing=14,
    )


def review_days(rows: Rows) -> Chart:
    """One panel for each order over the days: the share of the reviewed cases with fraud."""
    orders = {"priority": CALM, "chance": MUTED, "rule_risk_score": ALARM}

    def panel(order: str, colour: str) -> Chart:
        judged = [row for row in rows if row["review_order"] == order]
        share = alt.Axis(format="~%", values=[0, 0.5, 1])
        y = alt.Y("precision:Q", title=order, scale=alt.Scale(domain=[0, 1]), axis=share)
        x = alt.X("day:T", title=None, axis=alt.Axis(format="%d %b", grid=False))
        line = chart(judged, width=WIDTH, height=90).mark_line(color=colour, strokeWidth=1.5)
        return line.encode(x=x, y=y)

    return alt.vconcat(*(panel(*order) for order in orders.items()), spacing=14)


def points(rows: Rows) -> Chart:
    """Two lines over the score: the share of fraud that was found and the one promised."""
    x = alt.X("lowest_score:Q", title="priority_score, lowest of the band")
    y = alt.Y("value:Q", title="share of fraud", axis=alt.Axis(format="~%", tickCount=5))
    return lines(folded(rows, "found", "promised"), x, y)


def rules(rows: Rows) -> Chart:
    """Two panels with one line per rule: its alerts, its precision with the 95% interval."""
    size: dict[str, Options] = {"width": 310, "height": alt.Step(15)}
    counts = alt.X("alerts:Q", title=None, axis=alt.Axis(format=",d", tickCount=3, orient="top"))
    alerts = (
        chart(rows, title="alerts", **size)
        .mark_bar(color=CALM, height=9)
        .encode(x=counts, y=rule_names(rows))
    )
    if all(row["precision"] is None for row in rows):
        return alerts
    axis = alt.Axis(format="~%", tickCount=5, orient="top")
    bare = rule_names(rows, labels=False, ticks=False)
    base = chart(rows, title="precision with its 95% interval", **size)
    interval = base.mark_rule(color=ALARM, opacity=0.45, strokeWidth=4).encode(
        x=alt.X("precision_low:Q", title=None, axis=axis), x2="precision_high:Q", y=bare
    )
    point = base.mark_point(filled=True, color=ALARM, size=28, opacity=1).encode(
        x=alt.X("precision:Q", title=None, axis=axis), y=bare
    )
    return alt.hconcat(alerts, interval + point, spacing=30)


def rule_typologies(rows: Rows) -> Chart:
    """A heat map of rules and typologies: the lift over honest rows, 1 to 100 and more."""
    return heat_map(
        chart(rows, width={"step": 29}, height={"step": 14}),
        alt.X("fraud_type:N", title=None, axis=alt.Axis(orient="top", labelAngle=-50)),
        rule_names(rows),
        alt.Color("lift:Q", legend=alt.Legend(title="times chance", values=[1, 3, 10, 30, 100])),
        alt.Scale(type="log", domain=[1, 100], clamp=True),
    )


def overlap(rows: Rows) -> Chart:
    """A triangle of rules against rules: transactions with both / transactions with either."""
    small = alt.Axis(labelFontSize=9)
    return heat_map(
        chart(rows, width={"step": 12.5}, height={"step": 12.5}),
        alt.X("rule_a:N", title=None, axis=alt.Axis(labelFontSize=9, labelAngle=-60)),
        alt.Y("rule_b:N", title=None, axis=small),
        alt.Color(
            "jaccard:Q", legend=alt.Legend(title="both / either", format=".1f", orient="top-right")
        ),
        alt.Scale(domain=[0, 1]),
    )


def heat_map(base: Chart, x: alt.X, y: alt.Y, shade: alt.Color, scale: alt.Scale) -> Chart:
    """Cells shaded along a scale."""
    scale = alt.Scale(**scale.to_dict(), range=SHADES, interpolate="lab")
    cells = base.mark_rect(stroke="white", strokeWidth=0.5)
    return cells.encode(x=x, y=y, color=shade.scale(scale))


def coverage(rows: Rows) -> Chart:
    """One line per typology: the shares that its best rule and all rules of a set find."""
    y = alt.Y("fraud_type:N", title=None, sort=[row["fraud_type"] for row in rows])
    axis = alt.Axis(format="~%", title="transactions found: best rule ●, all rules of the set ◆")
    scale = alt.Scale(domain=[0, 1])
    base = chart(rows, width=WIDTH - 200, height=alt.Step(19)).encode(y=y)
    best = base.encode(x=alt.X("best_rule_recall:Q", axis=axis, scale=scale))
    together = base.encode(x=alt.X("transaction_recall:Q", axis=axis, scale=scale))
    name = base.mark_text(align="left", color=MUTED, fontSize=10, x=WIDTH - 188)
    return alt.layer(
        best.mark_rule(color=GRID, strokeWidth=3).encode(x2="transaction_recall:Q"),
        best.mark_point(filled=True, size=70, color=MUTED, opacity=1),
        together.mark_point(filled=True, size=80, shape="diamond", color=CALM, opacity=1),
        name.encode(text="best_rule:N"),
    )


def bands(rows: Rows) -> Chart:
    """Two panels with one bar per band: transactions (square root scale), share of fraud."""
    order = [row["rule_risk_band"] for row in rows]

    def panel(column: str, title: str, colour: Options, scale: alt.Scale, form: str) -> Chart:
        base = chart(rows, width=WIDTH // 2 - 50, height=190).encode(
            x=alt.X("rule_risk_band:N", title=None, sort=order, axis=alt.Axis(labelAngle=0)),
            y=alt.Y(f"{column}:Q", title=title, scale=scale, axis=alt.Axis(format=form)),
        )
        said = alt.Text(f"{column}:Q", format=",.2%" if "%" in form else ",d")
        bars = base.mark_bar(width=38).encode(color=colour)
        return bars + base.mark_text(dy=-7, color=INK, fontSize=10).encode(text=said)

    root = alt.Scale(type="sqrt")
    counts = panel("transactions", "transactions (root scale)", alt.value(CALM), root, ",d")
    if all(row["fraud_rate"] is None for row in rows):
        return counts
    warned = alt.condition("datum.is_out_of_order == 1", alt.value(ALARM), alt.value(CALM))
    rates = panel("fraud_rate", "share of fraud", warned, alt.Scale(), "~%")
    return alt.hconcat(counts, rates, spacing=30)


MEASURES = {"alerts": INK, "precision": ALARM, "recall": CALM}


def tuning(rows: Rows) -> Chart:
    """Curves of one threshold: alerts, precision and recall relative to the value in force."""
    points = folded(rows, *MEASURES)
    top = max([float(point["value"]) for point in points], default=1.0)
    times = "'×' + datum.label"
    x = alt.X(
        "factor:Q",
        title=None,
        scale=alt.Scale(domain=[0.5, 2]),
        axis=alt.Axis(values=[0.5, 1, 1.5, 2], labelExpr=times, grid=False),
    )
    y = alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(domain=[0, max(1.2, top)], nice=True),
        axis=alt.Axis(tickCount=3, labelExpr=times),
    )
    in_force = chart([{"factor": 1}]).mark_rule(color=MUTED, strokeDash=[2, 2]).encode(x=x)
    curves = chart(points, width=215, height=100).mark_line(strokeWidth=1.8)
    return in_force + curves.encode(x=x, y=y, color=colour(MEASURES, legend=False))


def flow(rows: Rows, name: str) -> str:
    """Return the payments of one chain as a figure with an SVG: accounts are dots, payments arrows.

    The dots are in the order in which the money reaches the accounts. A payment to the next dot is
    a straight arrow. Every other payment, such as a return, is an arrow below the dots.

    Args:
        rows: One per payment, first to last, with `payer`, `payee`, `timestamp`, `amount` and
            `transaction_id`.
        name: The prefix that makes the SVG's ids unique.
    """
    accounts = list(dict.fromkeys(row[end] for row in rows for end in ("payer", "payee")))
    place = {account: number for number, account in enumerate(accounts)}
    edge, middle = 52, 34
    gap = (WIDTH - 2 * edge) / max(len(accounts) - 1, 4)
    x = {account: edge + round(gap * place[account]) for account in accounts}
    reached, below, arrows, said = {rows[0]["payer"]}, 0, [], []
    for hop, row in enumerate(rows, 1):
        payer, payee, at, amount = (row[key] for key in ("payer", "payee", "timestamp", "amount"))
        ink = ALARM if payee in reached else MUTED
        words = (
            f'<tspan fill="{ink}">{hop}</tspan>',
            f'<tspan font-weight="bold">{money(amount)}</tspan>',
            f'<tspan fill="{MUTED}">{at:%d %b %H:%M}</tspan>',
        )
        if payee not in reached and place[payee] - place[payer] == 1:
            path = f"M{x[payer] + 9} {middle}H{x[payee] - 9}"
            label = dict(zip((middle - 6, middle + 14, middle + 27), words, strict=True))
        else:
            lane = middle + 58 + 25 * below
            aside = (-4 if below % 2 else 4) * ((below + 1) // 2)  # no two share a vertical line
            path = f"M{x[payer] + aside} {middle + 9}V{lane}H{x[payee] + aside}V{middle + 10}"
            label = {lane - 6: "&#160; ".join(words)}
            below += 1
        reached.add(payee)
        said.append(
            f"{hop}: {payer} pays {payee} {money(amount)} at {at:%d %b %Y %H:%M:%S}"
            f" ({row['transaction_id']})"
        )
        texts = "".join(
            f'<text x="{(x[payer] + x[payee]) / 2:g}" y="{y}" stroke="#fff" stroke-width="3"'
            f' paint-order="stroke">{text}</text>'
            for y, text in label.items()
        )
        arrows.append(
            f'<g><title>{escape(said[-1])}</title><path d="{path}" fill="none" stroke="{ink}"'
            f' stroke-width="1.5" marker-end="url(#{name}-{ink[1:]})"/>{texts}</g>'
        )
    dots = [
        f'<g><title>{escape(account)}</title><circle cx="{x[account]}" cy="{middle}" r="7"'
        f' fill="{CALM}"/><text x="{x[account]}" y="{middle - 16}">{escape(shortened(account))}'
        "</text></g>"
        for account in accounts
    ]
    heads = [
        f'<marker id="{name}-{ink[1:]}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8"'
        f' markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">'
        f'<path d="M0 0L8 4L0 8z" fill="{ink}"/></marker>'
        for ink in (MUTED, ALARM)
    ]
    first, last = (f"{row['timestamp']:%d %b %Y %H:%M}" for row in (rows[0], rows[-1]))
    title = f"{len(rows)} payments, {len(accounts)} accounts, {first} to {last}"
    height = middle + 36 + 25 * below + (4 if below else 0)
    return (
        f'<figure><h3>{title}</h3><svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}"'
        f' height="{height}" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-labelledby="{name}-title" aria-describedby="{name}-desc"'
        f' font-family="{STYLE["font"]}" font-size="11" text-anchor="middle" fill="{INK}">'
        f'<title id="{name}-title">{title}</title>'
        f'<desc id="{name}-desc">{escape(". ".join(said))}</desc>'
        f"<defs>{''.join(heads)}</defs>{''.join(arrows)}{''.join(dots)}</svg></figure>"
    )


# ── The comparison's ─────────────────────────────────────────────────────────────────────────


def measures(rows: Rows) -> Chart:
    """Four panels with one line per rule: each measure in warehouse A and in B."""

    def panel(title: str, measure: str, scale: str = "linear", **axis: Options) -> Chart:
        points = [
            {"rule_name": row["rule_name"], "who": side.upper(), "value": row[f"{measure}_{side}"]}
            for row in rows
            for side in "ab"
            if row[f"is_applicable_{side}"] and row[f"{measure}_{side}"] is not None
        ]
        x = alt.X("value:Q", title=None, scale={"type": scale}, axis={"orient": "top", **axis})
        names = rule_names(rows, labels=measure == "alerts_per_1000", ticks=False)
        colours = {"A": CALM, "B": ALARM}
        return spans(points, x, names, colours, title=title, width=160, height=alt.Step(13))

    return alt.hconcat(
        panel("alerts per 1,000", "alerts_per_1000", "symlog", values=[0, 1, 3, 10, 30, 100, 300]),
        panel("precision", "precision", format="~%", tickCount=4),
        panel("recall", "recall", format="~%", tickCount=3),
        panel("lift", "lift", "symlog", values=[0, 1, 3, 10, 30, 100]),
        spacing=14,
    )
