"""`smartsentry compare`: what the same rules are worth on two warehouses."""

from __future__ import annotations

import html
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import duckdb

from raw_layer.sql import literal
from smartsentry.warehouse import open_for_reading

MEASURES = ("alerts_per_1000", "precision", "recall", "lift")
_PAIRS = ", ".join(f"{s}.{measure} as {measure}_{s}" for measure in MEASURES for s in "ab")

# Lift and not precision says what a rule loses: the share of fraud differs between data sets.
_QUERY = f"""
    select
        rule_name,
        {_PAIRS},
        a.is_applicable as is_applicable_a,
        b.is_applicable as is_applicable_b,
        b.lift - a.lift as lift_change
    from a.main.rule_performance as a
    full join b.main.rule_performance as b using (rule_name)
    order by lift_change nulls last, rule_name
"""

Row = dict[str, Any]


def compared(a: Path, b: Path) -> list[Row]:
    """Return one row per rule with the measures of both files, whose lift falls most first.

    A measure is None where the rule is not applicable or nothing is known. Raises
    `click.ClickException` where one of the files is no built warehouse.
    """
    for path in (a, b):
        with open_for_reading(path) as con:
            try:
                con.execute("select is_applicable from rule_performance limit 0")
            except duckdb.Error as error:
                raise click.ClickException(
                    f"{path} holds no built warehouse to compare."
                ) from error
    with duckdb.connect() as con:
        con.execute(f"attach {literal(str(a))} as a (read_only)")
        con.execute(f"attach {literal(str(b))} as b (read_only)")
        con.execute("set enable_external_access = false")
        result = con.execute(_QUERY)
        names = [column[0] for column in result.description]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def shown(row: Row, measure: str, side: str) -> str:
    """Return a measure as it is printed: `n/a` where the data cannot feed the rule."""
    if not row[f"is_applicable_{side}"]:
        return "n/a"
    value: Decimal | None = row[f"{measure}_{side}"]
    return "-" if value is None else f"{value:.2f}" if measure != "precision" else f"{value:.4f}"


def losers(rows: list[Row], count: int = 10) -> list[Row]:
    """Return the rules whose lift falls, most first; rows as `compared` returns them."""
    return [row for row in rows if row["lift_change"] is not None and row["lift_change"] < 0][
        :count
    ]


def text(rows: list[Row], a: Path, b: Path) -> str:
    """Return the comparison as an aligned table, and what loses most."""
    header = ["rule", *(f"{measure} {side}" for measure in MEASURES for side in "AB")]
    cells = [
        [row["rule_name"], *(shown(row, measure, side) for measure in MEASURES for side in "ab")]
        for row in sorted(rows, key=lambda row: row["rule_name"])
    ]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    lines = [f"A = {a}", f"B = {b}", ""]
    for row in [header, *cells]:
        first, *others = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join([first.strip().ljust(widths[0]), *others]))
    lines += ["", "Rules that lose most lift from A to B:"]
    lines += [
        f"  {row['rule_name']:<{widths[0]}}{row['lift_a']:>10.2f} to {row['lift_b']:.2f}"
        for row in losers(rows)
    ] or ["  none of which both are known"]
    gone = [
        row["rule_name"] for row in rows if row["is_applicable_a"] and not row["is_applicable_b"]
    ]
    lines += ["", f"Applicable in A and not in B: {', '.join(sorted(gone)) or 'none'}"]
    return "\n".join(lines)


def picture(rows: list[Row], a: Path, b: Path) -> str:
    """Return a page of its own with one chart (inline SVG, nothing from the network) and the table.

    Raises:
        click.ClickException: the packages of the extra `report` are missing.
    """
    try:
        import altair as alt
        import vl_convert
    except ImportError as error:
        raise click.ClickException(
            "the picture needs altair and vl-convert: install locks/report.lock."
        ) from error
    points = [
        {
            "rule": row["rule_name"],
            "measure": measure.replace("alerts_per_1000", "alerts per 1,000"),
            "warehouse": side.upper(),
            "value": float(row[f"{measure}_{side}"]),
        }
        for row in rows
        for measure in MEASURES
        for side in "ab"
        if row[f"is_applicable_{side}"] and row[f"{measure}_{side}"] is not None
    ]
    order = [row["rule_name"] for row in rows]
    base = alt.Chart(alt.InlineData(values=points)).encode(
        y=alt.Y("rule:N", sort=order, title=None),
        x=alt.X("value:Q", title=None, scale=alt.Scale(type="symlog")),
    )
    line = base.mark_line(color="#bbb").encode(detail="rule:N")
    dots = base.mark_circle(size=45, opacity=1).encode(
        color=alt.Color("warehouse:N", scale=alt.Scale(range=["#1b6ca8", "#d1495b"]))
    )
    names = [measure.replace("alerts_per_1000", "alerts per 1,000") for measure in MEASURES]
    chart = (
        alt.layer(line, dots)
        .properties(width=220, height=12 * len(order))
        .facet(column=alt.Column("measure:N", sort=names, title=None))
        .resolve_scale(x="independent")
    )
    svg = vl_convert.vegalite_to_svg(chart.to_json())
    table = "".join(
        "<tr><td>"
        + "</td><td>".join(
            [
                html.escape(row["rule_name"]),
                *(shown(row, measure, side) for measure in MEASURES for side in "ab"),
            ]
        )
        + "</td></tr>"
        for row in rows
    )
    head = "".join(f"<th>{m.replace('_', ' ')} {s}</th>" for m in MEASURES for s in "AB")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Two warehouses</title>'
        "<style>body{font:14px sans-serif;margin:2em}td,th{padding:2px 8px;text-align:right}"
        "td:first-child,th:first-child{text-align:left}</style>"
        f"<h1>The same rules on two warehouses</h1><p>A = {html.escape(str(a))}<br>"
        f"B = {html.escape(str(b))}</p><p>Rules whose lift falls most stand first. n/a: the data"
        " lack what the rule looks at. -: nothing is known, as without labels.</p>"
        f"{svg}<table><tr><th>rule</th>{head}</tr>{table}</table></html>"
    )
