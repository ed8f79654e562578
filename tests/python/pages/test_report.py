"""`smartsentry report`: every number is a query's, nothing in the data becomes markup."""

import html as html_text
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest
import sqlglot
from click.testing import CliRunner, Result

from conftest import Warehouse
from smartsentry.cli import main
from smartsentry.pages import charts, html, report

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
    assert markup.count("<svg") == 9 + 53 + 3, "nine charts, a curve per threshold, flows"


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


def test_the_daily_review_is_case_budget(small_warehouse: Warehouse, markup: str) -> None:
    with small_warehouse.connect() as con:
        expected = con.execute(
            "select review_order, count(precision), sum(reviewed_cases), sum(fraudulent_cases),"
            " avg(precision), sum(schemes_found) / count(precision) from case_budget group by all"
        ).fetchall()
    found = {row[0]: row[1:5] + row[6:7] for row in Page(markup).rows("reviews")}
    assert found == {
        order: [f"{days}", f"{cases:,}", f"{frauds:,}", f"{share:.1%}", f"{schemes:.1f}"]
        for order, days, cases, frauds, share, schemes in expected
    }


def test_the_points_are_held_against_every_row_that_a_scorecard_scored(
    small_warehouse: Warehouse,
) -> None:
    """The bands hold all labelled rows of the scored months, and what they promise is in order."""
    with small_warehouse.connect() as con:
        bands = html.rows(con, "report_points")
        judged = con.execute(
            "select transactions, fraudulent from scorecard_performance"
            " where period = 'all months' and score_name = 'priority_score'"
        ).fetchone()
        (of_zero,) = con.execute(
            "select sum(label) / count(*) from transactions where priority_score between 0 and 99"
            " and date_trunc('month', timestamp) in (select month from scorecard)"
        ).fetchone()
    assert judged == tuple(
        sum(band[name] for band in bands) for name in ("transactions", "fraudulent")
    )
    assert [band["found"] for band in bands if band["lowest_score"] == 0] == [of_zero]
    promised = [band["promised"] for band in bands]
    assert promised == sorted(promised) and 0 <= promised[0] < promised[-1] <= 1


def test_decisions_and_snoozes_are_shown_once_there_are_some(
    small_warehouse: Warehouse, markup: str, tmp_path: Path
) -> None:
    page = Page(markup)
    assert page.rows("dispositions") == page.rows("snoozes") == []
    assert report.UNDECIDED in markup and report.NO_SNOOZES in markup
    assert [row[0] for row in page.rows("work_list")] == ["open"]
    copy = small_warehouse.copy(tmp_path)
    with copy.connect(read_only=False) as con:
        con.execute(
            "update cases set status = 'cleared', decision = 'cleared', is_snoozed = 0"
            " where case_id in (select case_id from cases order by case_id limit 3)"
        )
        con.execute(
            "update rule_dispositions set cases = 8, reviewed = 4, reviewed_share = 0.5,"
            " confirmed = 1, cleared = 3, precision = 0.25, precision_low = 0.0456,"
            " precision_high = 0.6994 where rule_name = 'rapid_burst'"
        )
        con.execute(
            "insert into snooze_cost values (1, '*', 'C1', '2025-11-01', '2025-12-01',"
            " 'R. Iyer', ?, 12, 5, 2, 1, 900, 0.2)",
            [SCRIPT],
        )
    shown = made(copy)
    page = Page(shown)
    standing = {row[0]: row[1] for row in page.rows("work_list")}
    assert standing["cleared"] == "3" and set(standing) == {"cleared", "open"}
    assert page.rows("dispositions")[0] == [
        *("rapid_burst", "notebook", "8", "4", "50.0%", "1", "3", "25.0%", "4.6 to 69.9%")
    ]
    assert report.UNDECIDED not in shown and report.NO_SNOOZES not in shown
    assert page.rows("snoozes") == [
        ["*", "C1", "2025-11-01", "2025-12-01", "R. Iyer", SCRIPT, "12", "2", "1", "20.00%"]
    ]


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
    assert text.count(report.UNLABELLED) == 6 and report.UNLABELLED not in markup
    page = Page(text)
    assert page.rows("rule_typologies") == page.rows("coverage") == []
    assert page.rows("reviews") == page.rows("scorecard") == page.rows("points") == []
    assert [row[0] for row in page.rows("work_list")] == ["open"]
    assert all(page.rows(query) for query in ("findings", "bands", "budgets", "customers"))
    assert [row[5] for row in page.rows("rules")] == ["–"] * 62
    assert "Fraudulent" not in re.sub("(?s)<section.*", "", text)
    assert text.count("<svg") == 4 + 53 + 3


# ── Flows ────────────────────────────────────────────────────────────────────────────────────

MIDNIGHT = datetime(2025, 3, 1)


def payment(number: int, payer: str, payee: str, minute: int, amount: int = 100) -> html.Row:
    """Return a payment as `report_flows` returns it, with its number."""
    return {
        "number": number,
        "payer": payer,
        "payee": payee,
        "timestamp": MIDNIGHT + timedelta(minutes=minute),
        "amount": Decimal(amount),
        "transaction_id": f"T{number}",
    }


def chosen(payments: Iterable[html.Row], links: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Return the transactions of the chains that the report shows, given pairs (earlier, later)."""
    by_number = {row["number"]: row for row in payments}
    hops = dict.fromkeys(by_number, 1)
    for earlier, later in sorted(links, key=lambda link: by_number[link[1]]["timestamp"]):
        hops[later] = max(hops[later], min(hops[earlier] + 1, 6))
    with duckdb.connect() as con:
        con.execute(
            """
            create schema network;
            create table network.transfer_links (
                earlier_no bigint, later_no bigint, seconds bigint, is_chain_link tinyint
            );
            create table transactions (
                transaction_no bigint, transaction_id varchar, timestamp timestamp,
                amount decimal(18, 2), sender_account_id varchar, receiver_account_id varchar,
                debit_credit varchar, net_chain_hops integer
            );
            """
        )
        for row in payments:
            number = row["number"]
            sides, booked = (row["payer"], row["payee"]), "debit"
            if number % 2:  # as the payee's bank books it
                sides, booked = sides[::-1], "credit"
            said = [number, f"T{number}", row["timestamp"], row["amount"]]
            con.execute(
                "insert into transactions values (?, ?, ?, ?, ?, ?, ?, ?)",
                [*said, *sides, booked, hops[number]],
            )
        for earlier, later in links:
            waited = by_number[later]["timestamp"] - by_number[earlier]["timestamp"]
            con.execute(
                "insert into network.transfer_links values (?, ?, ?, 1), (?, ?, ?, 0)",
                [earlier, later, waited.seconds, later, 99, 0],
            )
        found = html.rows(con, "report_flows")
    for row in found:
        number = int(row["transaction_id"][1:])
        shown = {name: row[name] for name in by_number[number] if name != "number"}
        assert shown == {name: by_number[number][name] for name in shown}
    chains = sorted({row["chain_no"] for row in found})
    assert chains == list(range(1, len(chains) + 1))
    walked = [[row for row in found if row["chain_no"] == chain] for chain in chains]
    assert all([row["hop"] for row in chain] == list(range(1, len(chain) + 1)) for chain in walked)
    return [[int(row["transaction_id"][1:]) for row in chain] for chain in walked]


def test_a_chain_is_walked_back_by_the_latest_transfer_that_is_far_enough() -> None:
    line = [payment(n, f"A{n}", f"A{n + 1}", 10 * n) for n in range(1, 9)]
    links = [(n, n + 1) for n in range(1, 8)]
    assert chosen(line, links) == [[3, 4, 5, 6, 7, 8]], "six hops of eight"
    # All enter A5, from where payment 5 leaves after 50 minutes. It needs two hops before it.
    side = [payment(20, "B1", "B2", 41), payment(21, "B2", "A5", 45), payment(22, "C", "A5", 48)]
    links += [(20, 21), (21, 5), (22, 5)]
    assert chosen(line + side, links) == [[20, 21, 5, 6, 7, 8]], "22 is later and has one hop"
    side += [payment(23, "D1", "D2", 42), payment(24, "D2", "A5", 45)]
    links += [(23, 24), (24, 5)]
    assert chosen(line + side, links) == [[23, 24, 5, 6, 7, 8]], "of one second, the higher number"


def test_the_longest_chains_come_first_then_the_largest_and_none_shares_a_payment() -> None:
    def pair(number: int, amount: int) -> list[html.Row]:
        first, middle, last = (f"{number}.{place}" for place in range(3))
        return [
            payment(number, first, middle, 0, amount),
            payment(number + 1, middle, last, 1, amount),
        ]

    pairs = [*pair(10, 80), *pair(20, 70), *pair(30, 70), *pair(40, 60)]
    links = [(n, n + 1) for n in (10, 20, 30, 40)]
    assert chosen(pairs, links) == [[10, 11], [20, 21], [30, 31]]
    assert chosen(pairs[2:6], links[1:3]) == [[20, 21], [30, 31]], "two chains are all"
    more = [payment(n, f"{n // 10}0.2", "X", 5, 1) for n in (32, 42)]
    more.append(payment(22, "20.1", "Y", 5, 95))
    longer = [*links, (31, 32), (41, 42), (20, 22)]
    assert chosen(pairs + more, longer) == [[30, 31, 32], [40, 41, 42], [20, 22]]
    shared = [payment(23, "20.1", "Z", 6, 94)]
    few = [*pairs[2:4], *more[2:], *shared, *pairs[6:]]
    assert chosen(few, [(20, 21), (20, 22), (20, 23), (40, 41)]) == [[20, 22], [40, 41]]
    assert chosen(pairs, []) == [], "transfers that nobody passes on are no chain"


def drawn(figure: str) -> tuple[list[str], list[str], list[str]]:
    """Return the accounts, the texts and the ways of a flow's SVG."""
    svg = ElementTree.fromstring(figure).find("{*}svg")
    groups = svg.findall("{*}g")
    dots = [group for group in groups if group.find("{*}circle") is not None]
    texts = [
        text.replace("\xa0 ", "|")
        for group in groups
        if group not in dots
        for text in ("".join(element.itertext()) for element in group.findall("{*}text"))
    ]
    ways = [group.find("{*}path").get("d") for group in groups if group not in dots]
    return [dot.findtext("{*}title") for dot in dots], "|".join(texts).split("|"), ways


def test_the_flows_drawn_are_the_query_s(small_warehouse: Warehouse, markup: str) -> None:
    with small_warehouse.connect() as con:
        found = html.rows(con, "report_flows")
    (section,) = re.findall(r'<section id="flows">.*?</section>', markup, re.S)
    figures = re.findall("<figure>.*?</figure>", section)
    assert len(figures) == 3
    for chain, figure in enumerate(figures, 1):
        payments = [row for row in found if row["chain_no"] == chain]
        assert len(payments) > 2
        accounts, texts, ways = drawn(figure)
        assert len(accounts) == len(set(accounts))
        assert set(accounts) == {row[end] for row in payments for end in ("payer", "payee")}
        assert len(ways) == len(payments)
        assert texts == [
            text
            for row in payments
            for text in (
                str(row["hop"]),
                report.money(row["amount"]),
                f"{row['timestamp']:%d %b %H:%M}",
            )
        ]
        svg = ElementTree.fromstring(figure).find("{*}svg")
        assert svg.findtext("{*}title").startswith(f"{len(payments)} payments, {len(accounts)} acc")
        said = svg.findtext("{*}desc").split(". ")
        assert [re.search(r"\((.*)\)", one)[1] for one in said] == [
            row["transaction_id"] for row in payments
        ]


def test_money_that_returns_goes_to_the_dot_it_came_from() -> None:
    """A pays B, B pays A, A pays C: three dots; the way back and the way past B are below them."""
    rows = [
        payment(1, SCRIPT, "B", 0, 1234567),
        payment(2, "B", SCRIPT, 1),
        payment(3, SCRIPT, "an-account-with-a-long-number", 2),
    ]
    figure = charts.flow(rows, "f")
    assert "<script" not in figure
    accounts, texts, (straight, back, past) = drawn(figure)
    assert accounts == [SCRIPT, "B", "an-account-with-a-long-number"]
    assert texts[:3] == ["1", "12,34,567", "01 Mar 00:00"]
    (first, second, third) = (int(x) for x in re.findall('<circle cx="([0-9]+)"', figure))
    assert first < second < third
    pattern = r"M(\d+) \d+V(\d+)H(\d+)V\d+"
    assert re.fullmatch(r"M(\d+) (\d+)H\d+", straight)
    left, depth, reached = map(int, re.fullmatch(pattern, back).groups())
    assert abs(left - second) < 7 and abs(reached - first) < 7
    left, deeper, reached = map(int, re.fullmatch(pattern, past).groups())
    assert abs(left - first) < 7 and abs(reached - third) < 7
    assert deeper > depth
    svg = ElementTree.fromstring(figure).find("{*}svg")
    assert deeper < int(svg.get("height"))
    inks = [group.find("{*}path").get("stroke") for group in svg.findall("{*}g")[:3]]
    assert inks == [charts.MUTED, charts.ALARM, charts.MUTED]


def test_without_a_chain_the_report_says_so(
    small_warehouse: Warehouse, markup: str, tmp_path: Path
) -> None:
    copy = small_warehouse.copy(tmp_path)
    with copy.connect(read_only=False) as con:
        con.execute("delete from network.transfer_links")
        con.execute("update transactions set net_chain_hops = null")
    page = made(copy)
    assert report.NO_CHAINS in page and report.NO_CHAINS not in markup
    assert page.count("<svg") == markup.count("<svg") - 3


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
