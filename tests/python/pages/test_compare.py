"""Two warehouses side by side: the figures, what loses most, and a page of its own."""

import re
from pathlib import Path

import click
import duckdb
import pytest

from smartsentry.cli import main
from smartsentry.pages import compare
from smartsentry.pages.html import query_text

RULES = {
    # rule: per 1,000, precision, recall, lift, is_applicable, in A and in B
    "steady": ((10, 0.4, 0.5, 4, 1), (10, 0.4, 0.5, 4, 1)),
    "falls": ((20, 0.5, 0.1, 5, 1), (30, 0.02, 0.1, 1, 1)),
    "slips": ((20, 0.5, 0.1, 5, 1), (30, 0.02, 0.1, 4.5, 1)),
    "gains": ((5, 0.1, 0.2, 1, 1), (6, 0.9, 0.3, 9, 1)),
    "unfed": ((5, 0.1, 0.2, 1, 1), (None, None, None, None, 0)),
    "dead": ((0, None, 0, None, 1), (0, None, 0, None, 1)),
}


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    paths = tmp_path / "a <b>.duckdb", tmp_path / "b.duckdb"
    for number, path in enumerate(paths):
        with duckdb.connect(path) as con:
            con.execute(
                "create table rule_performance (rule_name varchar, alerts_per_1000 decimal(18,4),"
                " precision decimal(18,4), recall decimal(18,4), lift decimal(18,4),"
                " is_applicable tinyint)"
            )
            con.executemany(
                "insert into rule_performance values (?, ?, ?, ?, ?, ?)",
                [[name, *sides[number]] for name, sides in RULES.items()],
            )
    return paths


def test_what_falls_most_stands_first(pair: tuple[Path, Path]) -> None:
    rows = compare.compared(*pair)
    names = [row["rule_name"] for row in rows]
    assert names == ["falls", "slips", "steady", "gains", "dead", "unfed"]
    assert [row["rule_name"] for row in compare.losers(rows)] == ["falls", "slips"]
    text = compare.text(rows, *pair)
    assert re.search(r"^falls +20.00 +30.00 +0.5000 +0.0200 +0.10 +0.10 +5.00 +1.00$", text, re.M)
    assert re.search(r"^unfed +5.00 +n/a +0.1000 +n/a +0.20 +n/a +1.00 +n/a$", text, re.M)
    assert re.search(r"^dead +0.00 +0.00 +- +- +0.00 +0.00 +- +-$", text, re.M)
    assert "Applicable in A and not in B: unfed" in text
    assert re.search(r"falls +5.00 to 1.00\n +slips +5.00 to 4.50\n\n", text)


def test_the_picture_needs_nothing_from_outside(pair: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "outputs/page.html"
    arguments = ["compare", *map(str, pair), "--out", str(out)]
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    page = out.read_text()
    assert page.count("<svg") == 1 and "falls" in page
    assert query_text("compare_rules") in page
    assert "a &lt;b&gt;.duckdb" in page and "<b>" not in page
    links = set(re.findall(r"https?://[^\"' )<]+", page))
    assert links <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not re.search(r"<script|<link|<img|\burl\(|@import", page)


def test_a_file_without_a_warehouse_is_refused(pair: tuple[Path, Path], tmp_path: Path) -> None:
    empty = tmp_path / "empty.duckdb"
    duckdb.connect(empty).close()
    with pytest.raises(click.ClickException, match="holds no built warehouse"):
        compare.compared(pair[0], empty)
    with pytest.raises(click.ClickException, match="there is no warehouse"):
        compare.compared(tmp_path / "none.duckdb", pair[1])
