"""The realism report: one file, no request, every picture with its query, figures from the data."""

import csv
import re

import duckdb
import pytest
from playwright.sync_api import Browser

from conftest import Warehouse
from smartsentry.cli import main
from smartsentry.pages import html, realism

SECTIONS = [
    "Amounts",
    "First digits",
    "Activity per account",
    "Counterparties per account",
    "Hour of the day",
    "Day of the month, and every day",
    "Time between two rows",
    "Balances that live",
    "Channels",
    "Payment systems",
    "Who the customers are",
    "Who commits the crimes",
    "The mix of typologies",
    "How hard it is",
    "How near the work list comes to what could be known",
    "Rules on honest and on criminal rows",
]
NEED_LABELS = SECTIONS[-5:]


@pytest.fixture(scope="module")
def page(small_warehouse: Warehouse) -> str:
    with small_warehouse.connect() as con:
        return realism.report(con)


def sections(page: str) -> dict[str, str]:
    found = re.findall(r"<section.*?<h2>(.*?)</h2>(.*?)</section>", page, re.S)
    return dict(found)


def test_every_section_is_there_with_a_figure_and_its_query(page: str) -> None:
    found = sections(page)
    assert list(found) == SECTIONS
    for title, text in found.items():
        assert "<svg" in text or '<td class="number"' in text, title
        assert re.search(r"<summary>Query on <code>\w+", text), title
        assert "<pre>" in text, title
        assert 'class="found"' in text, title


def test_every_query_and_every_fact_has_its_place() -> None:
    """What no section shows would be kept up for nobody."""
    shown = {query for section in realism.SECTIONS for query in (section.query, *section.more)}
    files = {path.stem for path in (html.ANALYSES / "realism").glob("*.sql")}
    assert files == shown | {"realism_run"}
    facts = {line.partition(",")[0] for line in realism.FACTS.read_text().splitlines()[1:]}
    assert facts == {section.anchor for section in realism.SECTIONS}


def test_what_is_expected_is_what_the_data_were_made_with(
    small_warehouse: Warehouse, tmp_path
) -> None:
    """The dashed lines come from the recorded options, not from the seeder's defaults."""
    copy = small_warehouse.copy(tmp_path)
    with copy.connect(read_only=False) as con:
        before = html.rows(con, "realism_hours"), html.rows(con, "realism_channels")
        con.execute(
            "update raw.generation_run set config = json_merge_patch(config,"
            """ '{"behaviour": {"honest_hours": [0,0,0,0,0,0,0,0,0,0,0,0,"""
            """1,0,0,0,0,0,0,0,0,0,0,1], "channels": {"atm": 0.25}}}')"""
        )
        after = html.rows(con, "realism_hours"), html.rows(con, "realism_channels")
    assert [row["expected"] for row in after[0]] == [0.5 if h in (12, 23) else 0 for h in range(24)]
    assert [row["honest"] for row in after[0]] == [row["honest"] for row in before[0]]
    assert {row["channel"]: row["specified"] for row in after[1]}["atm"] == 0.25
    assert {row["channel"]: row["specified"] for row in before[1]}["atm"] == 0.1


def test_a_file_that_holds_no_warehouse_is_refused(tmp_path, monkeypatch, capsys) -> None:
    duckdb.connect(tmp_path / "empty.duckdb").close()
    monkeypatch.setenv("SMARTSENTRY_DB", str(tmp_path / "empty.duckdb"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main(["realism"])
    assert stopped.value.code == 1
    assert "holds no built warehouse" in capsys.readouterr().err


def test_a_fact_has_a_source_and_what_was_found(page: str) -> None:
    facts = re.findall(
        r"<tr><td>(.+?)</td><td>(.+?)</td><td>(.+?)</td><td class=\"found\">(.+?)</td></tr>", page
    )
    assert len(facts) >= 15
    for says, source, year, _ in facts:
        assert source == "–" or len(source) > 5, says
        assert re.fullmatch(r"\d{4}|–", year), says


def test_every_fact_with_bounds_is_within_them(default_warehouse: Warehouse) -> None:
    with realism.FACTS.open(encoding="utf-8") as file:
        bounded = [fact for fact in csv.DictReader(file) if fact["measure"]]
    assert len(bounded) >= 20
    figures: dict[str, dict] = {}
    with default_warehouse.connect() as con:
        for query in {fact["query"] for fact in bounded}:
            (figures[query],) = html.rows(con, f"realism_{query}_figures")
    outside = {
        fact["figure"]: found
        for fact in bounded
        for found in [float(figures[fact["query"]][fact["measure"]])]
        if not float(fact["least"]) <= found <= float(fact["most"])
    }
    assert outside == {}


def test_figures_are_those_of_the_warehouse(page: str, small_warehouse: Warehouse) -> None:
    with small_warehouse.connect() as con:
        rows, floor = con.execute(
            "select count(*), round(100.0 * avg((balance_after_txn = 0)::int), 2)"
            " from transactions where label = 0"
        ).fetchall()[0]
        fired = con.execute(
            "select rule_name, count(*) from alerts join transactions using (transaction_id)"
            " where label = 0 group by all"
        ).fetchall()
    found = sections(page)
    assert f"{rows:,}" in found["Balances that live"]
    assert f"{floor:.2f}%" in found["Balances that live"]
    for rule, count in fired:
        row = f'<tr><td>{rule}</td><td class="number">{count:,}</td>'
        assert row in found["Rules on honest and on criminal rows"], rule


def test_the_file_names_nothing_to_fetch(page: str) -> None:
    assert not re.search(r"<(script|link|iframe|img)\b|@import|url\(\s*['\"]?http", page)
    assert not re.search(r"(src|href)\s*=\s*['\"]?(https?:)?//", page)


def test_a_browser_shows_it_without_a_request(page: str, browser: Browser, tmp_path) -> None:
    file = tmp_path / "realism.html"
    file.write_text(page)
    requests: list[str] = []
    errors: list[str] = []
    view = browser.new_page()
    view.on("request", lambda request: requests.append(request.url))
    view.on("pageerror", lambda error: errors.append(str(error)))
    view.goto(file.as_uri())
    pictures = view.evaluate(
        "[...document.querySelectorAll('svg')].map(svg => svg.getBoundingClientRect().height)"
    )
    view.set_viewport_size({"width": 390, "height": 800})
    width = view.evaluate("document.documentElement.scrollWidth")
    view.close()
    assert width <= 390, "nothing runs out of a narrow page"
    assert requests == [file.as_uri()]
    assert errors == []
    assert len(pictures) >= 9
    assert min(pictures) > 100


def test_without_labels_the_report_leaves_out_what_needs_them(unlabelled: Warehouse) -> None:
    with unlabelled.connect() as con:
        page = realism.report(con)
    assert list(sections(page)) == [name for name in SECTIONS if name not in NEED_LABELS]
    assert "carry no labels" in page


def test_the_command_writes_the_file(
    small_warehouse: Warehouse, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("SMARTSENTRY_DB", str(small_warehouse.path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["realism"])
    assert not ended.value.code
    assert (tmp_path / "outputs/realism.html").read_text().startswith("<!doctype html>")
    assert "realism.html" in capsys.readouterr().out
    monkeypatch.setenv("SMARTSENTRY_DB", str(tmp_path / "none.duckdb"))
    with pytest.raises(SystemExit) as stopped:
        main(["realism"])
    assert stopped.value.code == 1
    assert "no warehouse" in capsys.readouterr().err


def test_loaded_data_are_refused_and_nothing_is_written(
    small_warehouse: Warehouse, tmp_path, monkeypatch, capsys
) -> None:
    loaded = small_warehouse.copy(tmp_path)
    with loaded.connect(read_only=False) as con:
        con.execute("alter table raw.generation_run alter column seed drop not null")
        con.execute("update raw.generation_run set seed = null")
    monkeypatch.setenv("SMARTSENTRY_DB", str(loaded.path))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as stopped:
        main(["realism"])
    assert stopped.value.code == 1
    assert "were loaded" in capsys.readouterr().err
    assert not (tmp_path / "outputs").exists()
