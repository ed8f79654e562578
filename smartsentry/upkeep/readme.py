"""Paste query results and the diagram into README and docs: `make readme`.

README and docs/questions.md show each query of `dbt_project/analyses` in a sql block, and its
result in a text block. docs/architecture.md shows the diagram of the tables from the
`relationships` tests. A test pastes again and compares.
"""

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from smartsentry.pages import er_diagram
from smartsentry.pages.docs_site import run_program
from smartsentry.project import ROOT
from smartsentry.warehouse import open_for_reading

PAGES = tuple(ROOT / name for name in ("README.md", "docs/questions.md", "docs/architecture.md"))
ANALYSES = ROOT / "dbt_project/analyses"

_QUESTION = re.compile(r"(<!-- (\d\w+) -->\n).*?(<!-- end -->)", re.S)
_DIAGRAM = re.compile(r"(<!-- er-diagram -->\n).*?(<!-- end -->)", re.S)


def as_text(result: duckdb.DuckDBPyRelation) -> str:
    """Return a result as an aligned plain-text table, numbers right-aligned."""
    rows = [tuple("" if cell is None else str(cell) for cell in row) for row in result.fetchall()]
    widths = [max(map(len, column)) for column in zip(result.columns, *rows, strict=True)]
    is_text = ["VARCHAR" in str(data_type) for data_type in result.types]

    def line(cells: tuple[str, ...]) -> str:
        aligned = (
            cell.ljust(width) if text else cell.rjust(width)
            for cell, width, text in zip(cells, widths, is_text, strict=True)
        )
        return "  ".join(aligned).rstrip()

    rule = "  ".join("-" * width for width in widths)
    return "\n".join([line(tuple(result.columns)), rule, *map(line, rows)])


def pasted(page: str, con: duckdb.DuckDBPyConnection) -> str:
    """Return a page's text with each query and its result on this warehouse pasted in."""

    def block(match: re.Match[str]) -> str:
        comment, _, query = (ANALYSES / f"{match[2]}.sql").read_text().partition("\n")
        question = comment.removeprefix("-- ")
        result = as_text(con.sql(query))
        return (
            f"{match[1]}**{question}**\n\n```sql\n{query.strip()}\n```\n```text\n{result}\n```\n"
            f"{match[3]}"
        )

    return _QUESTION.sub(block, page)


def with_diagram(page: str, manifest: dict[str, Any]) -> str:
    """Return a page's text with the diagram of dbt's manifest pasted in."""
    diagram = er_diagram.mermaid(er_diagram.relations(manifest))
    return _DIAGRAM.sub(lambda match: f"{match[1]}```mermaid\n{diagram}\n```\n{match[2]}", page)


def rewrite(warehouse: Path) -> None:
    """Rewrite the pages with the results of a warehouse.

    Raises:
        click.ClickException: it cannot be read, or dbt cannot parse the project.
    """
    with open_for_reading(warehouse) as con, TemporaryDirectory() as target:
        run_program("dbt", "--quiet", "parse", "--target-path", target, "--log-path", target)
        manifest = json.loads(Path(target, "manifest.json").read_text())
        for page in PAGES:
            page.write_text(with_diagram(pasted(page.read_text(), con), manifest))
