"""`smartsentry report`: every number is a query's, nothing in the data becomes markup."""

import html as html_text
import re
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest
import sqlglot
from click.testing import CliRunner, Result

from conftest import Warehouse
from smartsentry.cli import main
from smartsentry.pages import html, report

SCRIPT = '<script>alert("x")</script>'


class Page(HTMLParser):
    """What a browser would see: tags with their section, and the cells of each table's rows."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.sections: dict[str, list[list[str]]] = {}
        self.ids: list[str] = []
        self._section, self._cell = "", False
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if attributes.get("id"):
            self.ids.append(attributes["id"])
        if tag == "section":
            self._section = attributes["id"]
            self.sections[self._section] = []
        elif tag == "tr" and self._section:
            self.sections[self._section].append([])
        elif tag == "td":
            self.sections[self._section][-1].append("")
            self._cell = True

    def handle_endtag(self, tag: str) -> None:
        self._cell = self._cell and tag != "td"

    def handle_data(self, data: str) -> None:
        if self._cell:
            self.sections[self._section][-1][-1] += data

    def rows(self, section: str) -> list[list[str]]:
        return [row for row in self.sections[section] if row]


def run(monkeypatch: pytest.MonkeyPatch, warehouse: Path, target: Path) -> Result:
    monkeypatch.setenv("SMARTSENTRY_DB", str(warehouse))
    return CliRunner().invoke(main, ["report", "--to", str(target)])


def made(warehouse: Warehouse) -> str:
    with warehouse.connect() as con:
        return report.html(con)


@pytest.fixture(scope="module")
def markup(small_warehouse: Warehouse) -> str:
    return made(small_warehouse)


def test_every_section_shows_its_tables_and_its_query(markup: str) -> None:
    queries = {path.stem for path in (html.ANALYSES / "report").glob("*.sql")}
    assert queries == {section.query for section in report.SECTIONS} | {report.KEY_FIGURES}
    for query in queries:
        assert f"<pre>{html_text.escape(html.query_text(query).strip())}</pre>" in markup
    for section in report.SECTIONS:
        (part,) = re.findall(rf'<section id="{section.anchor}">.*?</section>', markup, re.S)
        assert html_text.escape(section.title) in part
        for table in html.tables(section.query):
            assert f"<code>{table}</code>" in part
    assert markup.count("<svg") == 7 + 53, "seven charts and a curve per threshold"


def test_the_tables_named_are_those_that_the_queries_read(small_warehouse: Warehouse) -> None:
    queries = {path.stem for path in html.ANALYSES.glob("re*/*.sql")}
    named = {query: set(html.tables(query)) for query in queries}
    assert named[report.KEY_FIGURES] == {"transactions", "rule_catalogue"}
    assert named["report_build"] == {"build_info"}
    for query, tables in named.items():
        parsed = sqlglot.parse_one(html.query_text(query), dialect="duckdb")
        ctes = {cte.alias for cte in parsed.find_all(sqlglot.exp.CTE)}
        assert {table.name for table in parsed.find_all(sqlglot.exp.Table)} - ctes == tables
    exposures = small_warehouse.artifact("manifest.json")["exposures"]
    nodes = exposures["exposure.smartsentry.report"]["depends_on"]["nodes"]
    models = small_warehouse.artifact("manifest.json")["nodes"]
    shown = {section.query for section in report.SECTIONS} | {report.KEY_FIGURES}
    assert {models[node]["alias"] for node in nodes} == set().union(*map(named.get, shown))


def test_the_rules_table_is_rule_performance(small_warehouse: Warehouse, markup: str) -> None:
    rows = Page(markup).rows("rules")
    with small_warehouse.connect() as con:
        expected = {
            name: (f"{alerts:,}", "–" if right is None else f"{float(right):.1%}")
            for name, alerts, right in con.execute(
                "select rule_name, alerts, precision from rule_performance"
            ).fetchall()
        }
        dead = {
            name
            for (name,) in con.execute(
                "select rule_name from rule_performance where is_dead = 1"
            ).fetchall()
        }
    found = {row[0].removesuffix(" never fires"): (row[4], row[5]) for row in rows}
    assert len(rows) == 62
    assert found == expected
    marked = {row[0].removesuffix(" never fires") for row in rows if "never fires" in row[0]}
    assert marked == dead


def test_a_rule_that_the_data_cannot_feed_is_not_applicable(
    small_warehouse: Warehouse, tmp_path: Path
) -> None:
    """It shows no figure at all: 0 alerts would say that somebody looked."""
    copy = small_warehouse.copy(tmp_path)
    with copy.connect(read_only=False) as con:
        con.execute(
            "update rule_performance set alerts = 0, precision = null, recall = null, lift = null,"
            " is_applicable = 0 where rule_name = 'vpn_offshore'"
        )
    rows = Page(made(copy)).rows("rules")
    [unfed] = [row for row in rows if "not applicable" in row[0]]
    assert unfed[0] == "vpn_offshore not applicable"
    assert unfed[4:9] == ["–"] * 5


def test_money_has_indian_grouping_and_the_page_says_its_unit(
    small_warehouse: Warehouse, markup: str, tmp_path: Path
) -> None:
    amounts = ["0", "7", "999", "1000", "99999.5", "123456", "12345678901", "-1234567"]
    said = ["0", "7", "999", "1,000", "1,00,000", "1,23,456", "12,34,56,78,901", "−12,34,567"]
    assert [report.money(Decimal(amount)) for amount in amounts] == said
    with small_warehouse.connect() as con:
        (total,) = con.execute("select sum(amount) from transactions").fetchone()
    assert report.money(total) in markup
    assert " Amounts are in rupees." in markup
    copy = small_warehouse.copy(tmp_path)
    with copy.connect(read_only=False) as con:
        con.execute("update build_info set money_unit = 80.25")
    assert " A unit of money is 80.25 rupees." in made(copy)


def test_dead_uncovered_and_out_of_order_are_named(
    small_warehouse: Warehouse, tmp_path: Path
) -> None:
    copy = small_warehouse.copy(tmp_path)
    with copy.connect(read_only=False) as con:
        con.execute(
            "update rule_performance"
            " set is_dead = rule_name in ('vpn_offshore', 'night_transaction')"
        )
        con.execute("update typology_coverage set is_uncovered = fraud_type = 'ATO'")
        con.execute("update score_calibration set is_out_of_order = rule_risk_band = 'high'")
    page = Page(made(copy))
    assert [row[1:] for row in page.rows("findings")] == [
        ["2", "night_transaction, vpn_offshore"],
        ["1", "ATO"],  # of the notebook's rules
        ["1", "ATO"],  # of both sets
        ["1", "high"],
    ]
    assert "ATO uncovered" in [row[0] for row in page.rows("coverage")]
    assert "high" in [row[0] for row in page.rows("bands") if "less fraud" in row[-1]]


def test_nothing_is_fetched_and_nothing_runs(markup: str) -> None:
    page = Page(markup)
    assert "default-src 'none'" in markup
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "img", "iframe", "object", "embed", "base", "image"}
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("href", "src", "xlink:href"):
            assert attributes.get(name, "#").startswith(("#", "data:,")), (tag, attributes)
    assert "@import" not in markup
    assert set(re.findall(r"url\(([^)]*)\)", markup)) <= {
        f"#{identifier}" for identifier in page.ids
    }
    assert len(page.ids) == len(set(page.ids))


def test_text_of_the_data_is_text(small_warehouse: Warehouse, tmp_path: Path) -> None:
    copy = small_warehouse.copy(tmp_path)
    with copy.connect(read_only=False) as con:
        con.execute("update customers set occupation = ?, customer_risk_rating = ?", [SCRIPT] * 2)
        con.execute("update build_info set git_commit = ?, package_version = ?", [SCRIPT] * 2)
        for table in ("threshold_sweep", "rule_typology_recall", "rule_performance"):
            con.execute(
                f"update {table} set rule_name = ? where rule_name = 'rapid_burst'", [SCRIPT]
            )
        con.execute(
            "update rule_marginal_value set rule_name = ? where rule_name = 'rapid_burst'",
            [SCRIPT],
        )
        con.execute(
            "update typology_coverage set fraud_type = ? where fraud_type = 'ATO'", [SCRIPT]
        )
    page = made(copy)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") > 40
    Page(page)


def test_without_labels_the_report_says_what_needs_them(unlabelled: Warehouse, markup: str) -> None:
    text = made(unlabelled)
    assert text.count(report.UNLABELLED) == 2 and report.UNLABELLED not in markup
    page = Page(text)
    assert page.rows("rule_typologies") == page.rows("coverage") == []
    assert all(page.rows(query) for query in ("findings", "bands", "budgets", "customers"))
    assert [row[5] for row in page.rows("rules")] == ["–"] * 62
    assert "Fraudulent" not in re.sub("(?s)<section.*", "", text)
    assert text.count("<svg") == 4 + 53


def test_the_file_before_stays_when_a_report_fails(
    small_warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "out" / "report.html"
    assert run(monkeypatch, small_warehouse.path, target).exit_code == 0
    assert target.read_text().startswith("<!doctype html>")
    target.write_text("before")
    broken = small_warehouse.copy(tmp_path)
    with broken.connect(read_only=False) as con:
        con.execute("drop table threshold_sweep")
    result = run(monkeypatch, broken.path, target)
    assert (result.exit_code, "holds no built warehouse" in result.output) == (1, True)
    assert target.read_text() == "before"
    assert list(target.parent.iterdir()) == [target]


def test_what_cannot_work_is_said_in_one_sentence(
    small_warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = small_warehouse.path
    (tmp_path / "a file").touch()
    with duckdb.connect(tmp_path / "empty.duckdb") as con:
        con.execute("create table t (a integer)")
    for warehouse, target, code, said in (
        (tmp_path / "none.duckdb", tmp_path / "r.html", 1, "there is no warehouse at "),
        (tmp_path / "empty.duckdb", tmp_path / "r.html", 1, "holds no built warehouse"),
        (path, tmp_path, 2, "is a directory."),
        (path, tmp_path / "missing" / "out" / "r.html", 1, "No such file or directory"),
        (path, tmp_path / "a file" / "r.html", 1, "cannot write"),
    ):
        result = run(monkeypatch, warehouse, target)
        assert (result.exit_code, said in result.output) == (code, True), result.output
        assert "Traceback" not in result.output
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    result = run(monkeypatch, path, tmp_path / "r.html")
    assert (result.exit_code, result.output) == (1, f"Error: {report.MISSING}\n")
