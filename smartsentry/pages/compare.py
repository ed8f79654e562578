"""`smartsentry compare`: the measures of the same rules on two warehouses."""

from functools import partial
from pathlib import Path

import click
import duckdb

from raw_layer.sql import literal
from smartsentry.pages.html import Column, Row, Section, document, rows, say, table
from smartsentry.pages.html import text as text_of
from smartsentry.warehouse import open_for_reading

MEASURES = ("alerts_per_1000", "precision", "recall", "lift")
COLUMNS = [(measure, side) for measure in MEASURES for side in "ab"]


def compared(a: Path, b: Path) -> list[Row]:
    """Return one row per rule with the measures of both files, the largest fall of lift first.

    A measure is None if the rule is not applicable or the measure unknown. Raises
    `click.ClickException` if one of the files is not a built warehouse.
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
        return rows(con, "compare_rules")


def shown(row: Row, measure: str, side: str) -> str:
    """Return a measure as text: `n/a` if the rule is not applicable."""
    if not row[f"is_applicable_{side}"]:
        return "n/a"
    value = row[f"{measure}_{side}"]
    return "-" if value is None else f"{value:.2f}" if measure != "precision" else f"{value:.4f}"


def losers(rows: list[Row], count: int = 10) -> list[Row]:
    """Return the first rules whose lift falls; rows as `compared` returns them."""
    return [row for row in rows if (row["lift_change"] or 0) < 0][:count]


def text(rows: list[Row], a: Path, b: Path) -> str:
    """Return the comparison as an aligned table, and the rules that lose most."""
    header = ["rule", *(f"{measure} {side.upper()}" for measure, side in COLUMNS)]
    cells = [
        [row["rule_name"], *(shown(row, *column) for column in COLUMNS)]
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
    ] or ["  none with a known lift in both"]
    gone = [
        row["rule_name"] for row in rows if row["is_applicable_a"] and not row["is_applicable_b"]
    ]
    lines += ["", f"Applicable in A and not in B: {', '.join(sorted(gone)) or 'none'}"]
    return "\n".join(lines)


def picture(rows: list[Row], a: Path, b: Path) -> str:
    """Return a page with one chart (inline SVG) and the table.

    Raises:
        click.ClickException: the packages of the extra `report` are missing.
    """
    section = Section("compare_rules", _rules)
    intro = say(f"A = {a}") + say(f"B = {b}")
    return document("The same rules on two warehouses", intro, (), [section.html(_rules(rows))])


def _rules(found: list[Row]) -> str:
    try:
        from smartsentry.pages import charts
    except ImportError as error:
        raise click.ClickException(
            "the picture needs altair and vl-convert: install locks/report.lock."
        ) from error
    columns = {"rule": text_of("rule_name")} | {
        f"{measure.replace('_', ' ').replace('1000', '1,000')} {side.upper()}": Column(
            partial(shown, measure=measure, side=side), "number"
        )
        for measure, side in COLUMNS
    }
    return charts.figure(charts.measures(found), "rules") + table(found, columns)
