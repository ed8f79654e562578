"""`smartsentry cases`: every number is a query's, no text is markup, no answer is shown."""

import html as html_text
import itertools
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree

import duckdb
import pytest
from click.testing import CliRunner, Result
from playwright.sync_api import Browser

from conftest import Warehouse
from smartsentry.cli import main
from smartsentry.pages import cases, html, pictures
from smartsentry.query import summary

SCRIPT = '<script>alert("x")</script>'
FIRST = 12


def made(warehouse: Warehouse, first: int = FIRST) -> dict[str, str]:
    with warehouse.connect() as con:
        return dict(cases.pages(con, first))


def run(monkeypatch: pytest.MonkeyPatch, warehouse: Path, target: Path, *more: str) -> Result:
    monkeypatch.setenv("SMARTSENTRY_DB", str(warehouse))
    return CliRunner().invoke(main, ["cases", "--to", str(target), *more])


@pytest.fixture(scope="module")
def pages(small_warehouse: Warehouse) -> dict[str, str]:
    return made(small_warehouse)


@pytest.fixture(scope="module")
def ends_with_a_case(small_warehouse: Warehouse, tmp_path_factory) -> Warehouse:
    """The same without the days after the last case, so that some cases are of the last day."""
    copy = small_warehouse.copy(tmp_path_factory.mktemp("last_day"))
    with copy.connect(read_only=False) as con:
        con.execute(
            "delete from transactions"
            " where date > (select cast(max(last_qualifying_at) as date) from case_queue)"
        )
    return copy


@pytest.fixture
def con(small_warehouse: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    with small_warehouse.connect() as con:
        yield con


def last_day(con: duckdb.DuckDBPyConnection) -> list[str]:
    """The waiting cases with a qualifying transaction on the last day, best first."""
    found = con.execute(
        "select distinct case_id, queue_position from case_queue"
        " inner join case_transactions using (case_id)"
        " inner join transactions using (transaction_no)"
        " where membership = 'qualifying' and date = (select max(date) from transactions)"
        " order by queue_position"
    ).fetchall()
    return [case for case, _ in found]


def section(page: str, name: str) -> str:
    (part,) = re.findall(rf'<section id="{name}">.*?</section>', page, re.S)
    return part


def cells(part: str) -> list[list[str]]:
    """The text of the cells of each row of the tables in a part of a page."""

    def plain(cell: str) -> str:
        return html_text.unescape(re.sub("<[^>]*>", "", cell))

    return [
        [plain(cell) for cell in re.findall("<td.*?</td>", row, re.S)]
        for row in re.findall("<tr>.*?</tr>", part, re.S)
        if "<td" in row
    ]


def svg(part: str) -> ElementTree.Element:
    (figure,) = re.findall("<figure>.*?</figure>", part, re.S)
    return ElementTree.fromstring(figure)[0]


# ── What the pages say ───────────────────────────────────────────────────────────────────────


def test_the_index_is_the_queue_and_leads_to_a_page_for_each_of_its_first_and_newest_cases(
    ends_with_a_case: Warehouse, pages: dict[str, str]
) -> None:
    with ends_with_a_case.connect() as con:
        queue = con.execute(
            "select case_id, priority, customer_id, main_reasons, opened_at, amount_in, amount_out"
            " from case_queue order by queue_position"
        ).fetchall()
        today = last_day(con)
        (_, new_today, *_) = con.execute(summary.CASES).fetchone()
    assert len(queue) > FIRST and len(today) == new_today > 0
    assert 'id="today"' not in pages["index.html"] and len(pages) == 1 + FIRST
    pages = made(ends_with_a_case)
    index, mark = pages["index.html"], "new today"

    def line(place: int, row: tuple, marked: str = "") -> list[str]:
        return [
            *(f"{place}", row[0] + marked, f"{row[1]:,}", row[2], row[3], f"{row[4]:%d %b %Y}"),
            *(html.money(row[5]), html.money(row[6])),
        ]

    assert cells(section(index, "queue")) == [
        line(place, row, mark * (row[0] in today)) for place, row in enumerate(queue[:FIRST], 1)
    ]
    assert cells(section(index, "today")) == [
        line(place, row) for place, row in enumerate(queue, 1) if row[0] in today
    ]
    first = [f"{row[0]}.html" for row in queue[:FIRST]]
    new = [f"{case}.html" for case in today]
    assert set(new) - set(first), "a case of the last day is further down"
    both = list(dict.fromkeys([*first, *new]))
    assert list(pages) == ["index.html", *both]
    assert re.findall('href="(.*?)"', index) == [*new, *first]
    assert f"<dt>Of the last day</dt><dd>{len(today)}<small>" in index
    assert f"{len(queue) - FIRST} more cases wait" in index
    for before, name, after in zip([None, *both], both, [*both[1:], None], strict=False):
        (back,) = re.findall('<p class="back">.*?</p>', pages[name])
        links = re.findall('href="(.*?)"', back)
        assert links == ["index.html", *filter(None, (before, after))]
        assert {*re.findall('href="(.*?)"', pages[name])} <= set(pages)


def test_the_points_add_up_to_the_score_of_the_strongest_transaction(
    con: duckdb.DuckDBPyConnection, pages: dict[str, str]
) -> None:
    scores = dict(con.execute("select case_id, highest_priority_score from cases").fetchall())
    for name, page in itertools.islice(pages.items(), 1, None):
        rows = cells(section(page, "points"))
        *groups, total = [int(row[2].replace(",", "")) for row in rows]
        assert sum(groups) == total == scores[name.removesuffix(".html")]
        assert rows[-1][0] == "total" and rows[-1][3] == ""
        assert not {row[0] for row in rows} & {"device ip", "temporal", "others", "together"}


def test_a_rule_s_line_is_an_alert_on_what_makes_the_case(
    con: duckdb.DuckDBPyConnection, pages: dict[str, str]
) -> None:
    rules = 0
    descriptions = con.execute("select rule_name, description from rule_catalogue").fetchall()
    names = {name + description: name for name, description in descriptions}
    counts = (
        "select qualifying_transactions, distinct_rules, (select count(*) from case_transactions"
        " where case_transactions.case_id = cases.case_id) from cases where case_id = ?"
    )
    for name, page in itertools.islice(pages.items(), 1, 4):
        alerts = con.execute(
            "select rule_name, transaction_id, severity, reason from alerts"
            " semi join (from case_transactions where case_id = ? and membership = 'qualifying')"
            " using (transaction_id)",
            [name.removesuffix(".html")],
        ).fetchall()
        part = section(page, "rules")
        shown = cells(part)
        for severity, said, times, reason, transaction in shown:
            rule = names[said]
            assert (rule, transaction, int(severity), reason) in alerts
            assert int(times) == sum(alert[0] == rule for alert in alerts)
        named = re.findall(r"<code>(\w+)</code> \((\d+)\)", part)
        fired = {alert[0] for alert in alerts}
        assert {names[row[1]] for row in shown} | {rule for rule, _ in named} == fired
        (making, on_all, rows) = con.execute(counts, [name.removesuffix(".html")]).fetchone()
        time = "the one transaction" if rows == 1 else f"all {rows:,} transactions"
        assert f"of {on_all} rules on {time}, worst severity" in page
        on = "qualifying transaction" if making == 1 else f"{making} that qualify"
        assert f"{len(fired)} rules alert on the {on}, {on_all} rules on {time} of that" in part
        assert [row[0] for row in shown] == sorted((row[0] for row in shown), reverse=True)
        rules += len(shown)
    assert rules > 10


def test_the_headline_says_what_its_rules_look_for(
    con: duckdb.DuckDBPyConnection, pages: dict[str, str]
) -> None:
    descriptions = dict(con.execute("select rule_name, description from rule_catalogue").fetchall())
    for name, page in itertools.islice(pages.items(), 1, None):
        headline = re.search('<p class="lead">(.*?)</p>', page)[1]
        named = [word for word in re.findall(r"\w+", headline) if word in descriptions]
        assert 1 <= len(named) <= 3, name
        (said,) = re.findall('<p class="named">(.*?)</p>', page)
        lines = [html_text.unescape(re.sub("<.*?>", "", line)) for line in said.split("<br>")]
        assert lines == [f"{rule} {descriptions[rule]}" for rule in named]


# The entries of a case as the book of all accounts has them: asked of other tables than the pages.
LEDGER = """
    select
        ledger.transaction_no,
        ledger.account_id,
        ledger.direction,
        ledger.amount,
        ledger.account_id != stg_transactions.sender_account_id as is_elsewhere
    from cases
    inner join accounts using (customer_id)
    inner join features.account_ledger as ledger using (account_id)
    inner join staging.stg_transactions using (transaction_no)
    where
        cases.case_id = ?
        and ledger.timestamp
        between cases.opened_at - to_hours(48) and cases.last_qualifying_at
    order by all
"""


def test_the_money_of_a_case_is_that_of_both_sides(con: duckdb.DuckDBPyConnection) -> None:
    elsewhere = 0
    for (case,) in con.execute("select case_id from cases").fetchall():
        entries = con.execute(LEDGER, [case]).fetchall()
        money = con.execute(
            "select transaction_no, account_id, direction, amount, recorded_by = 'counterparty'"
            " from case_money(?) order by all",
            [case.lower()],
        ).fetchall()
        assert money == entries, case
        own = con.execute(
            "select transaction_no, membership from case_money(?)"
            " where recorded_by = 'account' and membership != 'before' order by all",
            [case],
        ).fetchall()
        assert (
            own
            == con.execute(
                "select transaction_no, membership from case_transactions where case_id = ?"
                " order by all",
                [case],
            ).fetchall()
        )
        elsewhere += sum(entry[-1] for entry in entries)
    assert elsewhere > 100


def test_what_the_other_side_recorded_is_no_alert_on_this_customer(
    con: duckdb.DuckDBPyConnection,
) -> None:
    seen = 0
    for (case,) in con.execute("select case_id from case_queue limit 50").fetchall():
        rows = con.execute(
            "select alerts, money.priority_score, money.balance_after_txn, membership,"
            " counterparty_kind, counterparty_id = sender_account_id"
            " from case_money(?) as money inner join transactions using (transaction_no)"
            " where recorded_by = 'counterparty'",
            [case],
        ).fetchall()
        for *nothing, membership, kind, is_recorder in rows:
            assert nothing == [None] * 3 and membership != "qualifying"
            assert (kind, is_recorder) == ("account", True)
        seen += len(rows)
    assert seen > 30


def test_a_beneficiary_that_pays_in_is_a_counterparty(
    con: duckdb.DuckDBPyConnection, pages: dict[str, str]
) -> None:
    seen = 0
    for name in itertools.islice(pages, 1, None):
        flows = html.rows(con, "cases_flows", name.removesuffix(".html"))
        for row in flows:
            kind = row["other_side"].partition(" ")[0]
            allowed = ("counterparty",) if row["direction"] == "in" else ("beneficiary",)
            assert kind in ("account", "cash", *allowed)
            seen += kind == "counterparty"
    assert seen > 3


def test_the_money_that_a_chain_rule_saw_come_in_is_there(
    con: duckdb.DuckDBPyConnection, pages: dict[str, str]
) -> None:
    """What came in just before, on which the rules of a chain rest, whoever recorded it."""
    seen = 0
    for name, page in itertools.islice(pages.items(), 1, None):
        case = name.removesuffix(".html")
        inflows = con.execute(
            "select 'T' || earlier_no, recorded_by, money.priority_score"
            " from network.transfer_links inner join case_transactions on later_no = transaction_no"
            " left join case_money(?) as money"
            " on earlier_no = money.transaction_no and money.direction = 'in'"
            " where case_id = ? and is_chain_link = 1"
            " and case_transactions.membership = 'qualifying' and debit_credit = 'debit'",
            [case, case],
        ).fetchall()
        part = section(page, "rows")
        drawn = "".join(svg(part).itertext())
        is_crowded = f"others the {cases.MOST_DRAWN} largest are drawn" in part
        for transaction, recorded_by, score in inflows:
            assert recorded_by is not None, (case, transaction)
            assert (recorded_by == "counterparty") == (score is None)
            assert is_crowded or f"{transaction}: " in drawn
            seen += recorded_by == "counterparty"
    assert seen > 3


def test_what_is_drawn_is_what_happened(
    con: duckdb.DuckDBPyConnection, pages: dict[str, str]
) -> None:
    rings = crowded = 0
    for name, page in itertools.islice(pages.items(), 1, None):
        case = name.removesuffix(".html")
        entries = con.execute(LEDGER, [case]).fetchall()
        making = {
            number
            for (number,) in con.execute(
                "select transaction_no from case_transactions"
                " where case_id = ? and membership = 'qualifying'",
                [case],
            ).fetchall()
        }
        part = section(page, "rows")
        others = len(entries) - len(making)
        if others > cases.MOST_DRAWN:
            assert f"Of the {others:,} others the {cases.MOST_DRAWN} largest are drawn." in part
            crowded += 1
            continue
        dots = [
            (dot.findtext("{*}title").partition(":")[0], dot.find("{*}circle"))
            for dot in svg(part).findall("{*}g")
        ]
        assert sorted(said for said, _ in dots) == sorted(f"T{entry[0]}" for entry in entries)
        marked = {
            mark: sorted(said for said, dot in dots if dot.get("stroke") == colour)
            for mark, (colour, _) in pictures.MARKS.items()
        }
        assert marked["qualifying"] == sorted(f"T{number}" for number in making)
        elsewhere = sorted(f"T{entry[0]}" for entry in entries if entry[-1])
        assert marked["recorded by the other side"] == elsewhere
        assert sum(dot.get("fill") == "#fff" for _, dot in dots) == len(elsewhere)
        rings += len(elsewhere)
        assert "48 hours before the case opens" in part
        amounts: dict[str, Decimal] = {}
        for _, _, way, amount, _ in entries:
            amounts[way] = amounts.get(way, Decimal(0)) + amount
        flows = html.rows(con, "cases_flows", case)
        for way, amount in amounts.items():
            assert sum(row["amount"] for row in flows if row["direction"] == way) == amount
        drawn = svg(section(page, "flows"))
        assert len(drawn.findall("{*}path")) == len(flows)
        said = "".join(path.findtext("{*}title") for path in drawn.findall("{*}path"))
        for row in flows:
            assert f"{html.money(row['amount'])} in {row['transactions']:,} transaction" in said
        tiles = dict(re.findall("<dt>(.*?)</dt><dd>(.*?)<small>", page))
        for title, way in (("Money in", "in"), ("Money out", "out")):
            assert tiles[title] == html.money(amounts.get(way, Decimal(0)))
    assert rings > 10 and crowded < 3


def test_the_table_has_what_qualifies_and_what_came_in_before(
    con: duckdb.DuckDBPyConnection, pages: dict[str, str]
) -> None:
    foreign = 0
    for name, page in itertools.islice(pages.items(), 1, None):
        part = section(page, "rows")
        shown = cells(part)
        dots = re.findall(r'<b class="dot(?: ring)?" style="color:[^"]*" title="(.*?)">', part)
        assert len(dots) == len(shown)
        money = html.rows(con, "cases_rows", name.removesuffix(".html"))
        place = {(row["transaction_id"], row["account_id"]): n for n, row in enumerate(money)}
        at = [place[row[1], row[2]] for row in shown]
        assert at == sorted(set(at))
        strongest = [
            n
            for n, row in enumerate(money)
            if row["membership"] == "qualifying" and row["place"] <= cases.MOST_ROWS
        ]
        before = {
            max(found)
            for n in strongest
            if (
                found := [
                    earlier
                    for earlier in range(n)
                    if money[earlier]["account_id"] == money[n]["account_id"]
                    and money[earlier]["direction"] == "in"
                ]
            )
        }
        assert set(at) == {*strongest, *before}
        for n, row, mark in zip(at, shown, dots, strict=True):
            assert mark == pictures.mark(money[n])
            if mark == "recorded by the other side":
                assert row[5] == row[8] == row[9] == "–" and row[7].startswith("account ")
                foreign += 1
        assert not [row for row in shown if row[3] == "in" and row[7].startswith("beneficiary")]
        assert f"The query lists all {len(money):,} payments." in part
    assert foreign > 3


def test_the_chain_is_that_of_the_strongest_alert(
    con: duckdb.DuckDBPyConnection, pages: dict[str, str]
) -> None:
    chains = 0
    for name, page in itertools.islice(pages.items(), 1, None):
        alerts = con.execute(
            "select alert_id from alerts inner join case_transactions using (transaction_id)"
            " inner join rule_catalogue using (rule_name)"
            " where case_id = ? and membership = 'qualifying' and rule_catalogue.scope = 'chain'"
            " order by priority_score desc, case_transactions.timestamp, transaction_no,"
            " rule_name != 'money_returns', rule_name",
            [name.removesuffix(".html")],
        ).fetchall()
        assert ('<section id="chain">' in page) == bool(alerts)
        if not alerts:
            continue
        part = section(page, "chain")
        transaction, rule = alerts[0][0].split("-")
        assert f"<code>{rule}</code> on {transaction}." in part
        behind = con.execute(
            "select timestamp, transaction_id, sender_account_id, receiver_account_id,"
            " debit_credit, amount from alert_transactions(?) order by 1, 2",
            alerts[0],
        ).fetchall()
        assert cells(part) == [
            [
                *(f"{at:%d %b %Y %H:%M:%S}", number),
                *((own, other) if way == "debit" else (other, own)),
                html.money(amount),
            ]
            for at, number, own, other, way, amount in behind[-cases.MOST_PAYMENTS :]
        ]
        chains += len(behind) > 2
    assert chains > 3


def test_counterparties_with_a_case_are_named_and_linked(
    con: duckdb.DuckDBPyConnection, pages: dict[str, str]
) -> None:
    linked = 0
    for name, page in itertools.islice(pages.items(), 1, None):
        case = name.removesuffix(".html")
        others = con.execute(
            "select distinct accounts.customer_id from case_money(?)"
            " inner join accounts on counterparty_id = accounts.account_id"
            " where counterparty_kind = 'account' and accounts.customer_id"
            " in (select customer_id from cases where case_id != ?)"
            " and accounts.customer_id != (select customer_id from cases where case_id = ?)",
            [case, case, case],
        ).fetchall()
        part = section(page, "counterparties")
        shown = cells(part)
        assert len(shown) == min(len(others), cases.MOST_COUNTERPARTIES)
        assert ("No customer on the other side has a case." in part) == (not others)
        for row in shown:
            (customer, status, priority) = con.execute(
                "select customer_id, status, priority from cases where case_id = ?", [row[1]]
            ).fetchone()
            assert (row[0], row[2], row[3]) == (customer, status, f"{priority:,}")
            assert (customer,) in others
            has_page = f"{row[1]}.html" in pages
            assert (f'<a href="{row[1]}.html">' in part) == has_page
            linked += has_page
    assert linked > 0


def test_the_lines_and_the_base_rate_are_on_the_page(
    con: duckdb.DuckDBPyConnection, pages: dict[str, str]
) -> None:
    shares = 0
    for name, page in itertools.islice(pages.items(), 1, None):
        part = html_text.unescape(section(page, "points"))
        for month, line in con.execute(
            "select distinct month, case_line from case_lines inner join case_transactions"
            " on month = date_trunc('month', timestamp)"
            " where case_id = ? and membership = 'qualifying'",
            [name.removesuffix(".html")],
        ).fetchall():
            assert f"{line:,} points in {month:%B %Y}" in part
            rows, frauds = con.execute(
                "select sum(known_rows), sum(known_frauds) from scorecard"
                " where month = ? and score_group = 'velocity'",
                [month],
            ).fetchone()
            assert f"before {month:%B %Y}: {frauds:,} of {rows:,} = " in part
        for row in cells(part):
            if row[3]:
                frauds, rows, percent = (
                    float(number.replace(",", ""))
                    for number in re.fullmatch(r"([\d,]+) of ([\d,]+) = ([\d.]+)%", row[3]).groups()
                )
                assert abs(100 * frauds / rows - percent) <= (0.5 if percent >= 10 else 0.05)
                shares += 1
    assert shares > 20


def test_each_query_below_a_section_can_be_run_as_it_stands(
    con: duckdb.DuckDBPyConnection, pages: dict[str, str], ends_with_a_case: Warehouse
) -> None:
    files = {path.stem for path in (html.ANALYSES / "cases").glob("*.sql")}
    index, page = (
        made(ends_with_a_case, 0)["index.html"],
        next(itertools.islice(pages.items(), 1, 2)),
    )
    (rule, transaction) = re.search(r"<code>(\w+)</code> on (T\d+)\.</p>", page[1]).groups()
    alert = f"{transaction}-{rule}"
    shown = [
        html_text.unescape(query)
        for text in (index, page[1])
        for query in re.findall("<pre>(.*?)</pre>", text, re.S)
    ]
    case = page[0].removesuffix(".html")
    assert sorted(shown) == sorted(html.query_text(query, case, alert) for query in files)
    for query in shown:
        assert html.EXAMPLE not in query and html.EXAMPLE_ALERT not in query
        con.execute(query).fetchall()
    asked = {query for query in files if html.EXAMPLE in html.query_text(query)}
    assert files - asked == {
        *(cases.SUMMARY, cases.ORDER, cases.TODAY, "cases_queue", "cases_chain"),
    }
    assert html.EXAMPLE_ALERT in html.query_text("cases_chain")
    assert html.query_text(cases.CASE, "K' or 1=1").count("'K'' or 1=1'") == 3


# ── The answer ───────────────────────────────────────────────────────────────────────────────


def test_no_page_knows_the_answer(
    small_warehouse: Warehouse, pages: dict[str, str], tmp_path: Path
) -> None:
    """Other answers in every column that holds one: not a byte of a page changes."""
    copy = small_warehouse.copy(tmp_path)
    changed = 0
    with copy.connect(read_only=False) as con:
        answers = con.execute(
            "select table_schema, column_catalogue.table_name, column_catalogue.column_name,"
            " column_catalogue.data_type"
            " from column_catalogue inner join information_schema.tables"
            " on table_schema = schema_name and tables.table_name = column_catalogue.table_name"
            " where is_ground_truth = 1 and table_type = 'BASE TABLE'"
            " and column_catalogue.column_name is not null"
        ).fetchall()
        for schema, table, column, kind in answers:
            value = "'XYZZY'" if kind.lower() == "varchar" else "null"
            if column in ("label", "fraud_intensity_score"):
                value = f"1 - {column}"
            with_nulls = f'alter table {schema}."{table}" alter "{column}" drop not null'
            try:
                con.execute(with_nulls)
                con.execute(f'update {schema}."{table}" set "{column}" = {value}')
                changed += 1
            except duckdb.Error as error:  # a column of a key cannot lose its constraint
                assert "label" not in column, error
        (frauds,) = con.execute(
            "select count(*) from transactions where fraud_type = 'XYZZY'"
        ).fetchone()
    assert changed > 30 and frauds > 1000
    assert made(copy) == pages
    with copy.connect(read_only=False) as con:
        con.execute("update customers set occupation = 'harpist'")
    assert made(copy) != pages, "another occupation is seen"


def test_no_word_of_the_answer_is_on_a_page(
    con: duckdb.DuckDBPyConnection, pages: dict[str, str]
) -> None:
    names = con.execute(
        "select column_name from column_catalogue"
        " where table_name = 'transactions' and is_ground_truth = 1"
    ).fetchall()
    assert ("label",) in names and len(names) > 8
    text = re.sub(r'\s(role|aria-label)="', " ", "\n".join(pages.values()))
    found = re.findall(rf"\b({'|'.join(name for (name,) in names)})\b", text)
    assert found == []
    schemes = con.execute("select distinct scheme_id from transactions where label = 1").fetchall()
    assert len(schemes) > 10
    assert not [scheme for (scheme,) in schemes if re.search(rf"\b{scheme}\b", text)]


# ── Odd data ─────────────────────────────────────────────────────────────────────────────────


def test_text_of_the_data_is_text(
    small_warehouse: Warehouse, pages: dict[str, str], tmp_path: Path
) -> None:
    copy = small_warehouse.copy(tmp_path)
    case = list(pages)[1].removesuffix(".html")
    note = f"{SCRIPT}\n\"quoted\" 'too' & </td> " + "long " * 100 + "to the end"
    with copy.connect(read_only=False) as con:
        con.execute("update customers set occupation = ?, industry = ?", [SCRIPT] * 2)
        con.execute("update accounts set account_type = ?", [SCRIPT])
        con.execute("update case_queue set main_reasons = ?", [SCRIPT])
        con.execute("update cases set main_reasons = ?, decided_by = ?", [SCRIPT] * 2)
        con.execute(
            "update cases set decided_at = opened_at, decision = 'escalated', status = 'escalated'"
        )
        con.execute("update case_queue set status = 'escalated', decision = 'escalated'")
        con.execute("update transactions set channel = ?", [SCRIPT])
        con.execute(
            "update features.account_ledger set counterparty_id = ?"
            " where counterparty_kind = 'beneficiary'",
            [SCRIPT],
        )
        con.execute(
            "insert into case_decisions values"
            " (1, ?, '2025-12-30 10:00:00', 'escalated', ?, ?, 2, 1, 1)",
            [case, SCRIPT, note],
        )
    found = made(copy, 3)
    for name, page in found.items():
        assert "<script" not in page and page.count("&lt;script&gt;") >= 3, name
        tags = set(re.findall(r"<(\w+)", page))
        assert not tags & {"script", "img", "iframe", "object", "embed", "base", "image", "link"}
        assert not re.findall(r"<[^>]*\son\w+=", page)
        assert "default-src 'none'" in page
    page = found[f"{case}.html"]
    [[when, which, decision, by, said]] = [
        row for row in cells(section(page, "decisions")) if len(row) == 5
    ]
    assert (when, which, decision, by) == ("30 Dec 2025 10:00", case, "escalated", SCRIPT)
    assert said == note
    assert found["index.html"].count(">escalated<") == 3


def test_a_decision_on_a_case_that_is_gone_is_shown(
    small_warehouse: Warehouse, tmp_path: Path
) -> None:
    """Its name is that of a transaction of the customer which opens no case any more."""
    copy = small_warehouse.copy(tmp_path)
    with copy.connect(read_only=False) as con:
        case, customer, other = con.execute(
            "select case_queue.case_id, case_queue.customer_id, min(transaction_no)"
            " from case_queue inner join transactions using (customer_id)"
            " where queue_position = 1"
            " and ('K' || transaction_no) not in (select case_id from cases) group by all"
        ).fetchone()
        (stranger,) = con.execute(
            "select min(transaction_no) from transactions where customer_id != ?", [customer]
        ).fetchone()
        for n, name in enumerate((f"K{other}", f"K{stranger}", "K99999999999", "KX"), 1):
            con.execute(
                "insert into case_decisions values"
                " (?, ?, '2025-12-30 10:00:00', 'cleared', 'Jane Doe', 'invoices', 2, 0, 1)",
                [n, name],
            )
    part = section(made(copy, 1)[f"{case}.html"], "decisions")
    assert cases.UNDECIDED not in part
    decided = [row for row in cells(part) if len(row) == 5]
    assert decided == [["30 Dec 2025 10:00", f"K{other} (gone)", "cleared", "Jane Doe", "invoices"]]


def test_decided_is_what_is_closed(small_warehouse: Warehouse, tmp_path: Path) -> None:
    """A case that grew after its decision, or was handed on, is not decided."""
    copy = small_warehouse.copy(tmp_path)
    with copy.connect(read_only=False) as con:
        names = [name for (name,) in con.execute("select case_id from cases limit 4").fetchall()]
        for name, status in zip(names, ("confirmed", "cleared", "escalated", "open"), strict=True):
            con.execute("update cases set status = ? where case_id = ?", [status, name])
            con.execute(
                "insert into case_decisions values"
                " (1, ?, '2025-12-30 10:00:00', 'cleared', 'Jane Doe', null, 2, 1, 1)",
                [name],
            )
        (known,) = con.execute("select count(*) from cases").fetchone()
    index = made(copy, 0)["index.html"]
    assert f"<dt>Decided</dt><dd>2<small>of {known:,} cases; 0 snoozed</small>" in index


@pytest.mark.parametrize(
    ("status", "decision", "tile", "mark"),
    [
        ("open", None, "nobody has decided yet", ""),
        (
            *(
                "open",
                "cleared",
                "cleared by Jane Doe on 02 Dec 2025; a transaction qualified since",
            ),
            "cleared, more since",
        ),
        (
            *("open", "confirmed"),
            "confirmed by Jane Doe on 02 Dec 2025; a transaction qualified since",
            "confirmed, more since",
        ),
        ("open", "reopened", "reopened by Jane Doe on 02 Dec 2025", "reopened"),
        ("escalated", "escalated", "escalated by Jane Doe on 02 Dec 2025", "escalated"),
    ],
)
def test_the_status_says_what_became_of_a_decision(
    small_warehouse: Warehouse,
    tmp_path: Path,
    status: str,
    decision: str | None,
    tile: str,
    mark: str,
) -> None:
    copy = small_warehouse.copy(tmp_path)
    with copy.connect(read_only=False) as con:
        (case,) = con.execute("select case_id from case_queue where queue_position = 1").fetchone()
        for table, by in (("cases", ", decided_by = 'Jane Doe'"), ("case_queue", "")):
            con.execute(
                f"update {table} set status = ?, decision = ?,"
                f" decided_at = timestamp '2025-12-02 10:00:00'{by} where case_id = ?",
                [status, decision, case],
            )
    found = made(copy, 1)
    assert f"<dt>Status</dt><dd>{status}<small>{tile}</small>" in found[f"{case}.html"]
    first = cells(section(found["index.html"], "queue"))[0][1]
    assert first.removesuffix("new today") == f"{case}{mark}"


def test_the_page_speaks_of_dates_and_of_the_command_as_it_is_typed(
    con: duckdb.DuckDBPyConnection, pages: dict[str, str]
) -> None:
    (until, begin) = con.execute(
        "select max(date), (select window_start from raw.generation_run) from transactions"
    ).fetchone()
    for name, page in itertools.islice(pages.items(), 1, None):
        case = name.removesuffix(".html")
        assert f".venv/bin/smartsentry decide {case} confirmed" in page
        assert f"Data until {until:%d %b %Y}. Amounts are in rupees." in page
        text = re.sub("<pre>.*?</pre>|<style>.*?</style>", "", page, flags=re.S)
        assert not re.search(r"seed \d|scale \d|commit|makes? the case|begin\b", text)
        assert '<span class="muted">logarithmic scale</span>' in page
        assert text.count("A transaction qualifies if") == 1
        (days,) = con.execute(
            "select customer_since_days from customers inner join cases using (customer_id)"
            " where case_id = ?",
            [case],
        ).fetchone()
        said = "unknown" if days is None else f"{begin - timedelta(days=days):%d %b %Y}"
        assert f"customer since {said}." in page


def test_an_empty_queue_is_said(small_warehouse: Warehouse, tmp_path: Path) -> None:
    copy = small_warehouse.copy(tmp_path)
    with copy.connect(read_only=False) as con:
        con.execute("delete from case_queue")
    found = made(copy)
    assert list(found) == ["index.html"]
    assert cases.EMPTY in found["index.html"] and "<table" not in found["index.html"]
    with copy.connect(read_only=False) as con:
        for table in ("cases", "case_transactions", "case_decisions", "case_lines"):
            con.execute(f"delete from {table}")
    assert cases.EMPTY in made(copy)["index.html"]


def test_without_outcomes_the_order_is_the_fallback(
    unlabelled: Warehouse, pages: dict[str, str]
) -> None:
    found = made(unlabelled, 3)
    without, learnt = (html_text.unescape(text["index.html"]) for text in (found, pages))
    assert cases.FALLBACK in without and cases.LEARNT not in without
    assert cases.LEARNT in learnt and cases.FALLBACK not in learnt
    for name, page in itertools.islice(found.items(), 1, None):
        (reason, total) = cells(section(page, "points"))
        assert reason[0] == "no scorecard", name
        assert re.fullmatch(
            r"the severities of the notebook rules that fired add up to \d+", reason[1]
        )
        assert reason[2] == total[2] and reason[3] == ""
        assert cases.STANDS_IN in html_text.unescape(page)
        assert cases.STANDS_IN not in html_text.unescape(pages[next(itertools.islice(pages, 1, 2))])
    for said in (cases.FALLBACK, cases.STANDS_IN):
        assert "notebook's rules" in said and "network rules do not count" in said


# ── Pictures ─────────────────────────────────────────────────────────────────────────────────

MIDNIGHT = datetime(2025, 3, 1)


def happened(minutes: int, amount: str, way: str = "out", membership: str = "context") -> html.Row:
    return {
        "timestamp": MIDNIGHT + timedelta(minutes=minutes),
        "transaction_id": f"T{minutes}",
        "direction": way,
        "recorded_by": "account",
        "amount": Decimal(amount),
        "membership": membership,
        "alerts": 0,
    }


@pytest.mark.parametrize(
    "rows",
    [
        [happened(7, "12.50")],
        [happened(7, "0.01"), happened(7, "0.01")],
        [happened(0, "0.01"), happened(1, "99999999999.99", "in")],
        [happened(0, "500"), happened(60 * 30, "700")],
        [happened(0, "500"), happened(60 * 24 * 121, "70000")],
        [happened(day * 1440, "10000", "in") for day in range(9)],
    ],
    ids=["one", "one moment", "far apart", "hours", "months", "credits"],
)
def test_a_time_line_stays_in_its_frame_whatever_the_amounts(rows: list[html.Row]) -> None:
    drawn = ElementTree.fromstring(pictures.time_line(rows))[0]
    height = float(drawn.get("height"))
    middle = 96
    for row, dot in zip(rows, drawn.findall("{*}g"), strict=True):
        circle = dot.find("{*}circle")
        x, y = float(circle.get("cx")), float(circle.get("cy"))
        assert 0 < x < pictures.WIDTH and 0 < y < height
        assert (y <= middle) if row["direction"] == "in" else (y >= middle)
    dates = [text for text in drawn.findall("{*}text") if float(text.get("y")) > 180]
    assert 1 <= len([d for d in dates if "out" not in d.text]) <= 9


def test_a_larger_amount_is_further_from_the_line_and_a_later_one_to_the_right() -> None:
    rows = [happened(9 * n, f"{10**n}", "in") for n in range(1, 5)]
    dots = ElementTree.fromstring(pictures.time_line(rows))[0].findall("{*}g/{*}circle")
    across = [float(dot.get("cx")) for dot in dots]
    up = [float(dot.get("cy")) for dot in dots]
    assert across == sorted(set(across)) and up == sorted(set(up), reverse=True)


def test_of_thousands_the_strongest_and_the_largest_are_drawn(
    small_warehouse: Warehouse, tmp_path: Path
) -> None:
    """The longest case grows: each of its rows comes three hundred times."""
    copy = small_warehouse.copy(tmp_path)
    with copy.connect(read_only=False) as con:
        (case,) = con.execute(
            "select case_id from case_queue order by qualifying_transactions desc, case_id limit 1"
        ).fetchone()
        con.execute(
            "create temp table known as select transaction_no from case_transactions"
            " where case_id = ?",
            [case],
        )
        for table in ("transactions", "case_transactions", "features.account_ledger"):
            renamed = ", 'T' || (transaction_no + 1000000 * n) as transaction_id"
            renamed *= table != "features.account_ledger"
            con.execute(
                f"insert into {table} select one.* replace ("
                f" transaction_no + 1000000 * n as transaction_no{renamed})"
                f" from {table} as one semi join known using (transaction_no)"
                " cross join range(1, 300) as copies (n)"
            )
        con.execute(
            "update case_queue set queue_position = case when case_id = ? then 1"
            " else queue_position + 1 end",
            [case],
        )
        members = con.execute(
            "select membership = 'qualifying', count(*) from case_money(?) group by all", [case]
        ).fetchall()
    assert dict(members)[True] > cases.MOST_DRAWN
    page = made(copy, 1)[f"{case}.html"]
    part = section(page, "rows")
    dots = svg(part).findall("{*}g")
    assert len(dots) == sum(min(number, cases.MOST_DRAWN) for _, number in members)
    assert "Of the qualifying ones the 250 with the most points are drawn." in part
    assert cases.MOST_ROWS <= len(cells(part)) <= 2 * cases.MOST_ROWS and len(page) < 400_000


def flow(way: str, account: int, other: int, amount: str, others: int = 1) -> html.Row:
    return {
        "direction": way,
        "account_place": account,
        "own_account": f"A{account}",
        "own_accounts": 1,
        "other_place": other,
        "other_side": f"account B{other}" if other > 1 else "cash",
        "other_sides": others,
        "transactions": 2,
        "qualifying_transactions": other % 2,
        "recorded_elsewhere": 0,
        "amount": Decimal(amount),
    }


def test_a_flow_names_each_side_once_and_adds_it_up() -> None:
    rows = [
        flow("in", 1, 1, "100"),
        flow("in", 2, 1, "50"),
        flow("out", 1, 2, "7000"),
        flow("out", 1, 8, "3", others=12),
    ]
    drawn = ElementTree.fromstring(pictures.money_flow(rows))[0]
    texts = [text.text for text in drawn.findall("{*}text")]
    assert texts == [
        *("cash", "150 in 4 transactions"),
        *("account B2", "7,000 in 2 transactions"),
        *("12 others", "3 in 2 transactions"),
        *("account A1", "account A2"),
    ]
    widths = {
        path.findtext("{*}title"): float(path.get("stroke-width"))
        for path in drawn.findall("{*}path")
    }
    assert max(widths, key=widths.get).startswith("account B2 is paid by account A1: 7,000")
    one_way = ElementTree.fromstring(pictures.money_flow(rows[:2]))[0]
    assert "no money out" in [text.text for text in one_way.findall("{*}text")]


# ── Writing ──────────────────────────────────────────────────────────────────────────────────


def test_the_folder_is_replaced_whole_and_stays_when_a_run_fails(
    small_warehouse: Warehouse, pages: dict[str, str], tmp_path: Path, monkeypatch
) -> None:
    target = tmp_path / "out" / "cases"
    result = run(monkeypatch, small_warehouse.path, target, "--first", "3")
    assert (result.exit_code, result.output) == (0, f"  3 cases {target / 'index.html'}\n")
    assert {path.name for path in target.iterdir()} == set(itertools.islice(pages, 4))
    (target / "K0.html").write_text("of a case that was")
    assert run(monkeypatch, small_warehouse.path, target, "--first", "2").exit_code == 0
    before = {path.name: path.read_text() for path in target.iterdir()}
    assert set(before) == set(itertools.islice(pages, 3))
    broken = small_warehouse.copy(tmp_path)
    with broken.connect(read_only=False) as con:
        con.execute("drop table case_transactions")
    result = run(monkeypatch, broken.path, target)
    assert (result.exit_code, "holds no built warehouse" in result.output) == (1, True)
    assert {path.name: path.read_text() for path in target.iterdir()} == before
    assert list(target.parent.iterdir()) == [target]


def test_what_cannot_work_is_said_in_one_sentence(
    small_warehouse: Warehouse, tmp_path: Path, monkeypatch
) -> None:
    path = small_warehouse.path
    (tmp_path / "a file").touch()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    with duckdb.connect(tmp_path / "empty.duckdb") as con:
        con.execute("create table t (a integer)")
    for warehouse, target, code, said in (
        (tmp_path / "none.duckdb", tmp_path / "c", 1, "there is no warehouse at "),
        (tmp_path / "empty.duckdb", tmp_path / "c", 1, "holds no built warehouse"),
        (path, tmp_path / "a file", 2, "is a file."),
        (path, tmp_path / "missing" / "out" / "c", 1, "No such file or directory"),
        (path, tmp_path / "a file" / "c", 1, "cannot write"),
        (path, tmp_path / "mine", 2, "holds thesis.txt, which is no page of a case"),
    ):
        result = run(monkeypatch, warehouse, target, "--first", "1")
        assert (result.exit_code, said in result.output) == (code, True), result.output
        assert result.output.count("\n") <= 4 and "Traceback" not in result.output
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "mine"
    assert not (tmp_path / "c").exists()


# ── In a browser ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def opened(browser: Browser, pages: dict[str, str], tmp_path: Path) -> Iterator[Callable]:
    """Open a page from its file; the test fails if it asks for anything else or complains."""
    for name, text in pages.items():
        (tmp_path / name).write_text(text)
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)

    def open_page(name: str, width: int = 1280):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"file://{tmp_path / name}")
        return page

    yield open_page
    context.close()
    shutil.rmtree(tmp_path)
    assert {url.rpartition("/")[0] for url in asked} == {f"file://{tmp_path}"}
    assert {url.rpartition("/")[2] for url in asked} <= set(pages)
    assert errors == []


def test_every_page_opens_alone_and_fits_wide_and_narrow(opened, pages: dict[str, str]) -> None:
    for name, width in itertools.product(pages, (1280, 390)):
        page = opened(name, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
        assert page.inner_text("h1").upper().startswith("CASE")
        for picture in page.locator("svg").all():
            assert picture.bounding_box()["width"] > 700


def test_a_case_prints_on_two_pages_without_its_queries(opened, pages: dict[str, str]) -> None:
    for name in itertools.islice(pages, 1, None):
        page = opened(name)
        printed = page.pdf(prefer_css_page_size=True)
        assert 1 <= len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) <= 2, name
    page.emulate_media(media="print")
    assert not any(query.is_visible() for query in page.locator("pre").all())
    assert page.locator("#flows svg").is_visible()
    for said in ("The query lists all", "see the query"):
        assert not any(one.is_visible() for one in page.get_by_text(said).all())


def test_paper_keeps_the_border_of_the_figures_and_a_table_with_its_sentence(
    opened, pages: dict[str, str]
) -> None:
    page = opened(next(itertools.islice(pages, 1, 2)), 703)  # as wide as A4 without its margins
    page.emulate_media(media="print")
    kept = page.evaluate(
        """() => [...document.querySelectorAll("section p")]
            .filter(p => p.nextElementSibling?.matches(".wide, figure"))
            .map(p => getComputedStyle(p).breakAfter)"""
    )
    assert len(kept) > 5 and set(kept) == {"avoid"}
    grid, sides = page.evaluate(
        """() => {
            const grid = document.querySelector(".figures");
            const sides = [...grid.children].map(cell => getComputedStyle(cell).borderRightWidth);
            return [grid.getBoundingClientRect().right, sides];
        }"""
    )
    assert grid <= 701 and sides == ["1px"] * 8


def test_a_case_with_much_of_everything_prints_on_two_pages(
    small_warehouse: Warehouse, browser: Browser, tmp_path: Path
) -> None:
    copy = small_warehouse.copy(tmp_path)
    with copy.connect(read_only=False) as con:
        case, customer = con.execute(
            "select case_id, customer_id from case_queue where queue_position = 1"
        ).fetchone()
        con.execute(
            "insert into accounts select one.* replace ('AX' || n as account_id,"
            " ? as customer_id) from (select * from accounts limit 1) as one"
            " cross join range(30) as copies (n)",
            [customer],
        )
        con.execute(
            "insert into case_decisions select n, ?, timestamp '2025-12-30' + n * interval 1 hour,"
            " 'escalated', 'Jane Doe of the second line', ?, n, 1, 0"
            " from range(30) as copies (n)",
            [case, "invoices seen, and the contract " * 60],
        )
        con.execute(
            "insert into cases select one.* replace ('K9' || n as case_id, ? as customer_id)"
            " from (select * from cases limit 1) as one cross join range(30) as copies (n)",
            [customer],
        )
    text = made(copy, 1)[f"{case}.html"]
    assert "25 more accounts" in text or "26 more accounts" in text
    assert "27 earlier decisions" in text
    page = browser.new_page()
    page.set_content(text)
    printed = page.pdf(prefer_css_page_size=True)
    page.close()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 2


def test_the_queue_leads_to_a_case_and_back(opened, pages: dict[str, str]) -> None:
    page = opened("index.html")
    first, second = itertools.islice(pages, 1, 3)
    page.locator("#queue a").first.click()
    assert page.url.endswith(f"/{first}")
    page.get_by_text("next: ").click()
    assert page.url.endswith(f"/{second}")
    page.get_by_role("link", name="The queue").click()
    assert page.url.endswith("/index.html")
