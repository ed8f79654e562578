"""The charts of the report, each from the rows of one query, as SVG text.

Rows are dictionaries by column name with numbers as numbers and dates as ISO text.
"""

import io
import re
from collections.abc import Callable

import altair as alt

Rows = list[dict[str, object]]

INK, MUTED, GRID = "#1f2933", "#616e7c", "#e4e7eb"
CALM, ALARM, GOOD = "#1f6f8b", "#c2410c", "#4d7c0f"
SHADES = ["#f3f7f8", "#bcd9e0", "#6fb0c1", "#1f6f8b", "#0b3c4d"]
FONT = "Helvetica, Arial, sans-serif"
WIDTH = 860

CRORES = "format(datum.value / 1e7, ',.0f')"


def per_day(rows: Rows) -> str:
    """Three panels over the days: transactions, money moved and alerts."""

    def panel(column: str, title: str, colour: str, axis: alt.Axis) -> alt.Chart:
        return (
            alt.Chart(alt.InlineData(values=rows), width=WIDTH - 70, height=110)
            .mark_area(color=colour, opacity=0.25, line={"color": colour, "strokeWidth": 1.5})
            .encode(
                x=alt.X("date:T", title=None, axis=alt.Axis(format="%d %b", grid=False)),
                y=alt.Y(f"{column}:Q", title=title, axis=axis),
            )
        )

    plain = alt.Axis(format=",d", tickCount=4)
    crores = alt.Axis(labelExpr=CRORES, tickCount=4)
    return svg(
        alt.vconcat(
            panel("transactions", "transactions", CALM, plain),
            panel("amount", "₹ crore", GOOD, crores),
            panel("alerts", "alerts", ALARM, plain),
            spacing=14,
        )
    )


def rules(rows: Rows) -> str:
    """Two panels with one line per rule: its alerts, its precision with the 95% interval."""
    order = [row["rule_name"] for row in rows]
    names = alt.Axis(title=None, labelLimit=230, labelFontSize=10)
    data = alt.InlineData(values=rows)
    y = alt.Y("rule_name:N", sort=order, axis=names)
    bare = alt.Y("rule_name:N", sort=order, axis=None)
    alerts = (
        alt.Chart(data, title="alerts", width=325, height=alt.Step(15))
        .mark_bar(color=CALM, height=9)
        .encode(x=alt.X("alerts:Q", title=None, axis=alt.Axis(format="~s", tickCount=5)), y=y)
    )
    if all(row["precision"] is None for row in rows):
        return svg(alerts)
    axis = alt.Axis(format="~%", tickCount=5)
    base = alt.Chart(data, title="precision with its 95% interval", width=325, height=alt.Step(15))
    interval = base.mark_rule(color=ALARM, opacity=0.45, strokeWidth=4).encode(
        x=alt.X("precision_low:Q", title=None, axis=axis), x2="precision_high:Q", y=bare
    )
    point = base.mark_point(filled=True, color=ALARM, size=28, opacity=1).encode(
        x=alt.X("precision:Q", title=None, axis=axis), y=bare
    )
    return svg(alt.hconcat(alerts, interval + point, spacing=16))


def rule_typologies(rows: Rows) -> str:
    """A heat map of rules and typologies: the share of the typology's transactions found."""
    order = list(dict.fromkeys(row["rule_name"] for row in rows))
    return svg(
        alt.Chart(alt.InlineData(values=rows), width={"step": 29}, height={"step": 14})
        .mark_rect(stroke="white", strokeWidth=0.5)
        .encode(
            x=alt.X(
                "fraud_type:N",
                title=None,
                axis=alt.Axis(orient="top", labelAngle=-50, labelLimit=200),
            ),
            y=alt.Y(
                "rule_name:N",
                title=None,
                sort=order,
                axis=alt.Axis(labelLimit=230, labelFontSize=10),
            ),
            color=shade("transaction_recall", "share found", format="~%"),
        )
    )


def coverage(rows: Rows) -> str:
    """One line per typology: what its best rule finds, and what all rules together find."""
    order = [row["fraud_type"] for row in rows]
    data = alt.InlineData(values=rows)
    base = alt.Chart(data, width=WIDTH - 270, height=alt.Step(19))
    y = alt.Y("fraud_type:N", title=None, sort=order, axis=alt.Axis(labelLimit=200))
    axis = alt.Axis(format="~%", title="transactions found: best rule ●, all rules together ◆")
    scale = alt.Scale(domain=[0, 1])
    line = base.mark_rule(color=GRID, strokeWidth=3).encode(
        x=alt.X("best_rule_recall:Q", axis=axis, scale=scale), x2="transaction_recall:Q", y=y
    )
    best = base.mark_point(filled=True, size=70, color=MUTED, opacity=1).encode(
        x=alt.X("best_rule_recall:Q", axis=axis, scale=scale), y=y
    )
    together = base.mark_point(filled=True, size=80, shape="diamond", color=CALM, opacity=1).encode(
        x=alt.X("transaction_recall:Q", axis=axis, scale=scale), y=y
    )
    rule = base.mark_text(align="left", color=MUTED, fontSize=10, x=WIDTH - 262).encode(
        text="best_rule:N", y=y
    )
    return svg(line + best + together + rule)


def overlap(rows: Rows) -> str:
    """A triangle of rules against rules: transactions with both / transactions with either."""
    return svg(
        alt.Chart(alt.InlineData(values=rows), width={"step": 12.5}, height={"step": 12.5})
        .mark_rect(stroke="white", strokeWidth=0.5)
        .encode(
            x=alt.X(
                "rule_a:N",
                title=None,
                axis=alt.Axis(labelAngle=-60, labelLimit=230, labelFontSize=9),
            ),
            y=alt.Y("rule_b:N", title=None, axis=alt.Axis(labelLimit=230, labelFontSize=9)),
            color=shade("jaccard", "both / either", format=".1f", orient="top-right"),
        )
    )


def bands(rows: Rows) -> str:
    """Two panels with one bar per band: transactions (by the root), and the share of fraud."""
    order = [row["rule_risk_band"] for row in rows]
    data = alt.InlineData(values=rows)

    def panel(column: str, title: str, colour: object, scale: alt.Scale, form: str) -> alt.Chart:
        base = alt.Chart(data, width=WIDTH // 2 - 85, height=190).encode(
            x=alt.X("rule_risk_band:N", title=None, sort=order, axis=alt.Axis(labelAngle=0)),
            y=alt.Y(f"{column}:Q", title=title, scale=scale, axis=alt.Axis(format=form)),
        )
        return base.mark_bar(width=38).encode(color=colour) + base.mark_text(
            dy=-7, color=INK, fontSize=10
        ).encode(text=alt.Text(f"{column}:Q", format=",.2%" if "%" in form else ",d"))

    counts = panel(
        "transactions", "transactions (root scale)", alt.value(CALM), alt.Scale(type="sqrt"), "~s"
    )
    if all(row["fraud_rate"] is None for row in rows):
        return svg(counts)
    warned = alt.condition("datum.is_out_of_order == 1", alt.value(ALARM), alt.value(CALM))
    rates = panel("fraud_rate", "share of fraud", warned, alt.Scale(), "~%")
    return svg(alt.hconcat(counts, rates, spacing=30))


def tuning(rows: Rows) -> str:
    """Curves of one threshold: alerts, precision and recall relative to the value in force."""
    measures = {"alerts": INK, "precision": ALARM, "recall": CALM}
    long = [
        {"factor": row["factor"], "measure": measure, "value": row[measure]}
        for row in rows
        for measure in measures
        if row[measure] is not None
    ]
    top = max([float(str(point["value"])) for point in long], default=1.0)
    base = alt.Chart(width=215, height=100)
    colour = alt.Color(
        "measure:N",
        scale=alt.Scale(domain=list(measures), range=list(measures.values())),
        legend=None,
    )
    x = alt.X(
        "factor:Q",
        title=None,
        scale=alt.Scale(domain=[0.5, 2]),
        axis=alt.Axis(values=[0.5, 1, 1.5, 2], labelExpr="'×' + datum.label", grid=False),
    )
    y = alt.Y(
        "value:Q",
        title=None,
        scale=alt.Scale(domain=[0, max(1.2, top)], nice=True),
        axis=alt.Axis(tickCount=3, labelExpr="'×' + datum.label"),
    )
    in_force = (
        base.mark_rule(color=MUTED, strokeDash=[2, 2])
        .encode(x=x)
        .properties(data=alt.InlineData(values=[{"factor": 1}]))
    )
    curves = (
        base.mark_line(strokeWidth=1.8)
        .encode(x=x, y=y, color=colour)
        .properties(data=alt.InlineData(values=long))
    )
    return svg(in_force + curves)


def shade(column: str, title: str, **legend: str) -> alt.Color:
    """Return the colour of a heat map's cells, 0 to 1."""
    return alt.Color(
        f"{column}:Q",
        scale=alt.Scale(domain=[0, 1], range=SHADES, interpolate="lab"),
        legend=alt.Legend(title=title, gradientLength=120, **legend),
    )


def svg(chart: alt.TopLevelMixin) -> str:
    """Return a chart as an SVG element in the report's style, its text as text."""
    styled = chart.configure(
        font=FONT,
        background="transparent",
        aria=False,
        view={"stroke": None},
        axis={
            "labelColor": INK,
            "titleColor": MUTED,
            "titleFontWeight": "normal",
            "gridColor": GRID,
            "domainColor": GRID,
            "tickColor": GRID,
        },
        title={"color": MUTED, "fontWeight": "normal", "fontSize": 11, "anchor": "start"},
        legend={"titleColor": MUTED, "titleFontWeight": "normal", "labelColor": INK},
    )
    file = io.StringIO()
    styled.save(file, format="svg")
    return file.getvalue()


def scoped(markup: str, name: str) -> str:
    """Return an SVG whose ids begin with a name: the ids of a page must differ."""
    markup = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', markup)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", markup)


CHARTS: dict[str, Callable[[Rows], str]] = {
    "per_day": per_day,
    "rules": rules,
    "rule_typologies": rule_typologies,
    "coverage": coverage,
    "overlap": overlap,
    "bands": bands,
}
