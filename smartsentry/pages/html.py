"""The parts of every page: sections with their queries, tables, and writing the file.

A page needs no network and no script, and can be printed. Its queries are files in
`dbt_project/analyses`.
"""

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from itertools import dropwhile, takewhile
from pathlib import Path
from typing import Any

import duckdb

from raw_layer.errors import in_one_sentence
from raw_layer.files import replace_file
from raw_layer.sql import literal
from smartsentry.project import ROOT

ANALYSES = ROOT / "dbt_project/analyses"
STYLE = Path(__file__).with_name("page.css")
# They stand for the case in the queries on one case, and for the alert in those on one alert.
EXAMPLE, EXAMPLE_ALERT = literal("K1"), literal("T1-money_returns")

Row = dict[str, Any]


@dataclass(frozen=True)
class Section:
    """A part of a page: a query and the HTML from its rows.

    Attributes:
        query: The file's name, such as `report_bands` in the folder `report`. Its first line of
            comment is the section's title, the others are the text below.
        body: Makes HTML from the rows of the query, and of each query in `more`.
        more: Further queries.
        needs_labels: Whether the section is empty without labels.
    """

    query: str
    body: Callable[..., str]
    more: tuple[str, ...] = ()
    needs_labels: bool = False

    @property
    def anchor(self) -> str:
        """The section's id on the page."""
        return self.query.partition("_")[2]

    @property
    def title(self) -> str:
        """The section's heading."""
        return _opening(self.query)[0]

    def html(self, body: str, case: str | None = None, alert: str | None = None) -> str:
        """Return the section around its body, with its queries below."""
        title, *lead = _opening(self.query)
        text = f'<p class="lead muted">{escape(" ".join(lead))}</p>\n' if lead else ""
        return (
            f'<section id="{self.anchor}">\n<h2>{escape(title)}</h2>\n{text}{body}\n'
            f"{source(self.query, *self.more, case=case, alert=alert)}\n</section>\n"
        )

    def filled(
        self, con: duckdb.DuckDBPyConnection, case: str | None = None, alert: str | None = None
    ) -> str:
        """Return the section with the results of its queries."""
        found = (rows(con, query, case, alert) for query in (self.query, *self.more))
        return self.html(self.body(*found), case, alert)


def _lines(query: str) -> list[str]:
    return (ANALYSES / query.partition("_")[0] / f"{query}.sql").read_text().splitlines()


def _opening(query: str) -> list[str]:
    """Return the lines of a query's opening comment."""
    return [line[3:] for line in takewhile(lambda line: line.startswith("-- "), _lines(query))]


def query_text(query: str, case: str | None = None, alert: str | None = None) -> str:
    """Return the SQL of a query, such as `report_bands`, without its opening comment.

    Args:
        query: Its name.
        case: The case that it asks about.
        alert: The alert that it asks about.
    """
    text = "\n".join(dropwhile(lambda line: line.startswith("-- "), _lines(query)))
    for example, asked in ((EXAMPLE, case), (EXAMPLE_ALERT, alert)):
        text = text if asked is None else text.replace(example, literal(asked))
    return text


def rows(
    con: duckdb.DuckDBPyConnection, query: str, case: str | None = None, alert: str | None = None
) -> list[Row]:
    """Run a query; return its rows by column name, as DuckDB gives them."""
    result = con.execute(query_text(query, case, alert))
    columns = [column[0] for column in result.description]
    return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]


def tables(*queries: str) -> list[str]:
    """Return the names of the tables that queries read, without their schemas."""
    sql = re.sub("--.*", "", "\n".join(map(query_text, queries)))
    read = set(re.findall(r"\b(?:from|join) (?:\w+\.)*(\w+)", sql))
    return sorted(read - set(re.findall(r"\b(\w+) as (?:materialized )?\(", sql)))


def source(*queries: str, case: str | None = None, alert: str | None = None) -> str:
    """Return queries as details that are closed on the screen and open on paper."""
    names = ", ".join(f"<code>{escape(table)}</code>" for table in tables(*queries))
    texts = "\n".join(f"<pre>{escape(query_text(query, case, alert))}</pre>" for query in queries)
    return f"<details><summary>Query on {names}</summary>\n{texts}</details>"


def document(
    title: str,
    intro: str,
    sections: Iterable[Section] = (),
    parts: Iterable[str] = (),
    style: str = "",
) -> str:
    """Return a page that fetches nothing and runs nothing, even if the data contain HTML.

    Args:
        title: The page's title, as text.
        intro: The HTML below the title.
        sections: The sections to link to.
        parts: The HTML of the sections.
        style: Additional CSS.
    """
    links = "\n".join(f'<a href="#{part.anchor}">{escape(part.title)}</a>' for part in sections)
    nav = f"<nav>{links}</nav>\n" if links else ""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy"'
        " content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{STYLE.read_text()}{style}</style>\n</head>\n"
        f"<body>\n<h1>{escape(title)}</h1>\n{intro}\n{nav}{''.join(parts)}"
        "</body>\n</html>\n"
    )


def built(con: duckdb.DuckDBPyConnection) -> str:
    """Say when and from what the warehouse was built, and in what unit amounts are."""
    said = ""
    for build in rows(con, "report_build"):
        data = "" if build["scale"] is None else f", seed {build['seed']}, scale {build['scale']:g}"
        commit = build["git_commit"]
        made = "" if commit is None else f", commit {commit[:10]}"
        changes = " with changes" if build["git_dirty"] else ""
        said += f" Built {build['built_at']} UTC{data}{made}{changes}."
        said += f" {money_unit(build)}"
    return said


def money_unit(build: Row) -> str:
    """Say in what unit amounts are, by the row of `report_build`."""
    unit = build["money_unit"]
    return "Amounts are in rupees." if unit == 1 else f"A unit of money is {unit:.15g} rupees."


def figures(said: dict[str, tuple[str, str]]) -> str:
    """Return figures in a grid: by name the value and a remark, as plain text."""
    cells = "\n".join(
        f"<div><dt>{escape(name)}</dt><dd>{escape(value)}<small>{escape(note)}</small></dd></div>"
        for name, (value, note) in said.items()
    )
    return f'<dl class="figures">\n{cells}\n</dl>'


def say(sentence: str) -> str:
    """Return a paragraph of plain text."""
    return f"<p>{escape(sentence)}</p>"


# ── Tables ───────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Column:
    """A column of a table: its cells' HTML and their class."""

    cell: Callable[[Row], str]
    kind: str = ""


def text(name: str, kind: str = "") -> Column:
    """Return a column of plain text; a dash for null."""
    return Column(lambda row: escape("–" if row[name] is None else str(row[name])), kind)


def code(name: str) -> Column:
    """Return a column of names from the warehouse."""
    return Column(lambda row: f"<code>{text(name).cell(row)}</code>")


def number(name: str, said: Callable[[Any], str] | None = None) -> Column:
    """Return a column of numbers, formatted by `said`, by default as counts."""
    return Column(lambda row: (said or count)(row[name]), "number")


def table(found: Iterable[Row], columns: dict[str, Column]) -> str:
    """Return rows as a table; `columns` are by heading."""

    def line(tag: str, cells: Iterable[str]) -> str:
        return "".join(
            f'<{tag} class="{column.kind}">{cell}</{tag}>'
            if column.kind
            else f"<{tag}>{cell}</{tag}>"
            for cell, column in zip(cells, columns.values(), strict=True)
        )

    head = line("th", map(escape, columns))
    body = "\n".join(
        f"<tr>{line('td', [column.cell(row) for column in columns.values()])}</tr>" for row in found
    )
    return (
        f'<div class="wide"><table>\n<thead><tr>{head}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table></div>"
    )


def count(value: object) -> str:
    """Return a number with thousands separated; a dash for null."""
    return "–" if value is None else f"{value:,}"


def percent(value: float | Decimal | None, digits: int = 1) -> str:
    """Return a share as a percentage; a dash for null."""
    return "–" if value is None else f"{float(value):.{digits}%}"


def money(amount: Decimal | None) -> str:
    """Return money in whole units with Indian digit grouping, 1,23,456; the intro says the unit."""
    if amount is None:
        return "–"
    whole = f"{abs(amount):.0f}"
    head, tail = whole[:-3], whole[-3:]
    pairs = [head[max(end - 2, 0) : end] for end in range(len(head), 0, -2)][::-1]
    sign = "−" if amount < 0 and int(whole) else ""
    return f"{sign}{','.join([*pairs, tail])}"


def write_page(target: Path, page: str) -> None:
    """Write a page, and replace the old file as a whole.

    Args:
        target: The HTML file; its folder is created if only that is missing.
        page: Its text.

    Raises:
        click.ClickException: the file cannot be written.
    """
    unfinished = target.with_name(f"{target.name}.{os.getpid()}.unfinished")
    with in_one_sentence(f"cannot write {target}", ": what stood there is as it was."):
        target.parent.mkdir(exist_ok=True)
        try:
            unfinished.write_text(page, encoding="utf-8")
            replace_file(unfinished, target)
        finally:
            unfinished.unlink(missing_ok=True)
