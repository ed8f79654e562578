"""The docs site, its lineage page and the report as a browser shows them, on this machine alone."""

import functools
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route

from conftest import Warehouse
from smartsentry.pages import docs_site, report


@pytest.fixture(scope="module")
def site(small_warehouse: Warehouse, tmp_path_factory) -> Path:
    """The docs site, and the report beside it."""
    folder = tmp_path_factory.mktemp("docs")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SMARTSENTRY_DB", str(small_warehouse.copy(folder).path))
        patch.setenv("DBT_LOG_PATH", str(folder / "logs"))
        docs_site.write_site(folder / "site", folder / "target")
    with small_warehouse.connect() as con:
        (folder / "site/report.html").write_text(report.html(con))
    return folder / "site"


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=site)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@dataclass
class Watched:
    """A page, and what it did that it must not do."""

    page: Page
    address: str
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Open a page of the site and wait until it has nothing left to load."""
        self.page.goto(f"{self.address}/{path}")
        self.page.wait_for_load_state("networkidle")
        return self.page


@pytest.fixture
def watched(browser: Browser, address: str) -> Iterator[Watched]:
    """A page that is refused all but the site itself; the test fails if it asks or complains."""
    context = browser.new_context(viewport={"width": 1500, "height": 950})
    page = context.new_page()
    page.set_default_timeout(30_000)
    watched = Watched(page, address)

    def route(route: Route) -> None:
        if route.request.url.startswith((f"{address}/", "data:", "blob:")):
            route.continue_()
        else:
            watched.outside.append(route.request.url)
            route.abort()

    context.route("**/*", route)
    page.on(
        "console",
        lambda said: watched.errors.append(said.text) if said.type == "error" else None,
    )
    page.on("pageerror", lambda error: watched.errors.append(str(error)))
    yield watched
    context.close()
    assert watched.outside == []
    assert watched.errors == []


def test_what_must_not_happen_is_seen(browser: Browser, site: Path, address: str) -> None:
    (site / "bad.html").write_text(
        '<title>x</title><img src="http://198.51.100.1/x.png"><script>missing()</script>'
    )
    watching = watched.__wrapped__(browser, address)
    bad = next(watching)
    bad.open("bad.html")
    assert bad.outside == ["http://198.51.100.1/x.png"]
    assert any("missing is not defined" in error for error in bad.errors)
    with pytest.raises(AssertionError):
        next(watching)
    (site / "bad.html").unlink()


def test_the_index_leads_to_everything(watched: Watched) -> None:
    page = watched.open("index.html")
    assert page.inner_text("h1") == "SmartSentry AML warehouse: documentation"
    assert page.inner_text("h2") == "Tables and their keys"
    drawn = page.locator("svg text.table").all_text_contents()
    assert {"transactions", "alerts", "accounts", "customers", "rule_catalogue"} <= set(drawn)
    links = [link.get_attribute("href") for link in page.locator("a").all()]
    assert {link.partition("?")[0] for link in links} == {"dbt.html", "lineage.html"}
    for link in links:
        assert page.goto(f"{watched.address}/{link}").ok


def test_the_docs_site_finds_a_rule(watched: Watched) -> None:
    page = watched.open("dbt.html")
    page.get_by_role("heading", name="SmartSentry AML warehouse").wait_for()
    page.get_by_placeholder("Search for models").fill("rule_structuring_pattern")
    page.keyboard.press("Enter")
    results = page.locator(".result")
    results.first.wait_for()
    found = [text.split("\n")[0].strip() for text in results.all_inner_texts()]
    assert any(text.startswith("transactions") for text in found)
    assert any(text.startswith("transaction_rules") for text in found)
    page.goto("about:blank")
    watched.open("dbt.html#!/model/model.smartsentry.transactions.v1")
    page.get_by_role("heading", name="transactions incremental").wait_for()
    assert "rule_structuring_pattern" in page.inner_text("body")


def test_lineage_of_a_rule_reaches_the_raw_transactions(watched: Watched) -> None:
    # Edges out of view are not drawn.
    watched.page.set_viewport_size({"width": 4000, "height": 3000})
    page = watched.open(docs_site.EXAMPLE)
    # The column's own way is marked: its edges are drawn in dashes.
    edge = ".react-flow__edge.animated"
    for end in (
        '[data-id^="source.smartsentry.raw.transactions-"]',
        '[data-id$="-model.smartsentry.transactions.v1-rule_structuring_pattern"]',
    ):
        page.locator(f"{edge}{end}").wait_for(state="attached")
    marked = [
        marking.get_attribute("data-id").split("-model-source-")
        for marking in page.locator(edge).all()
    ]
    reached = {"model.smartsentry.transactions.v1"}
    for _ in marked:
        reached |= {source for source, target in marked if target.partition("-")[0] in reached}
    assert "model.smartsentry.transaction_rules" in reached
    assert "source.smartsentry.raw.transactions" in reached
    assert "source.smartsentry.raw.devices" not in reached, "no other column's way is marked"


def test_the_report_shows_the_rules_of_both_sets_and_prints(watched: Watched) -> None:
    page = watched.open("report.html")
    assert page.inner_text("h1") == "SmartSentry AML report"
    titles = [section.title for section in report.SECTIONS]
    assert titles[-1] == "The build"
    assert page.locator("section h2").all_inner_texts() == titles
    assert page.locator("#rules tbody tr").count() == 62
    assert page.locator("#tuning figure svg").count() == 53
    assert page.get_by_role("img", name="payments").count() == 3
    for box in page.locator("svg").all():
        assert box.bounding_box()["width"] > 100
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 1500, "nothing runs out of the page"
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF") and len(printed) > 50_000


def test_queries_are_closed_on_the_screen_open_when_asked_and_open_on_paper(
    watched: Watched,
) -> None:
    page = watched.open("report.html")
    queries = page.locator("pre")
    assert queries.count() == 20

    def shown() -> list[bool]:
        return [query.is_visible() for query in queries.all()]

    assert shown() == [False] * 20
    on_paper = len(page.pdf())
    page.locator("summary").first.click()
    assert shown() == [True] + [False] * 19
    page.emulate_media(media="print")
    assert shown() == [True] * 20
    page.add_style_tag(content="details::details-content { content-visibility: hidden !important }")
    assert len(page.pdf()) < on_paper, "what is printed holds the queries"


@pytest.mark.parametrize("name", ["index.html", "report.html"])
def test_nothing_runs_out_of_a_narrow_page(watched: Watched, name: str) -> None:
    watched.page.set_viewport_size({"width": 390, "height": 800})
    page = watched.open(name)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("svg").first.bounding_box()["width"] > 390, "a chart keeps its size"
